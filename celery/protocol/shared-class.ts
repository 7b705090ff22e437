/**
 * Makes `instanceof` hold between copies of this package: a worker that is installed globally runs tasks whose project has a copy
 * of its own, and what one throws the other must know. Subclasses are told apart as ever, within one copy.
 *
 * @param name the same in all copies and versions
 */
export function shareAcrossCopies(owner: abstract new (...args: never[]) => object, name: string): void {
  const mark = Symbol.for(`celery-gateway.${name}`);
  const usual = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(owner.prototype, mark, { value: true });
  Object.defineProperty(owner, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== owner) return usual.call(this as () => unknown, value);
      return typeof value === 'object' && value !== null && mark in value;
    },
  });
}
