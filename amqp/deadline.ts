/**
 * The promise, or what `onTimeout` gives when the promise has not settled after `ms` milliseconds. The promise itself goes on;
 * its later failure is swallowed.
 */
export const withDeadline = async <T>(promise: Promise<T>, ms: number, onTimeout: () => T): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout.then(onTimeout)]);
  } finally {
    clearTimeout(timer);
  }
};
