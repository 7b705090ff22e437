/** Does the work for each number, so many at a time, and leaves off when `enough` says so. */
export async function spread(
  { indices, atOnce }: { readonly indices: ArrayLike<number>; readonly atOnce: number },
  work: (index: number) => Promise<void>,
  enough: () => boolean = () => false,
): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    for (let at = next++; at < indices.length && !enough(); at = next++) await work(Number(indices[at]));
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
}

/** 0 up to but not including `end`. */
export const upTo = (end: number): Uint32Array => Uint32Array.from({ length: end }, (_, index) => index);
