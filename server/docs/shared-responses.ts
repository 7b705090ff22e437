/** A response told once and referred to: most operations can give the same problems. */
export class SharedResponses {
  readonly #nameOf = new Map<string, string>();
  readonly #byName: Record<string, object> = {};

  /** @returns a reference to the response, which is told among the components. */
  share(status: number, response: object): { readonly $ref: string } {
    const text = JSON.stringify(response);
    let name = this.#nameOf.get(text);
    if (name === undefined) {
      const base = `Problem${status}`;
      const taken = Object.keys(this.#byName).filter((each) => each.startsWith(base)).length;
      name = taken === 0 ? base : `${base}-${taken + 1}`;
      this.#nameOf.set(text, name);
      this.#byName[name] = response;
    }
    return { $ref: `#/components/responses/${name}` };
  }

  get components(): Readonly<Record<string, object>> {
    return this.#byName;
  }
}
