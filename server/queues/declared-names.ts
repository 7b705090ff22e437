/** Callers who declare ever new names must not grow the gateway. */
const MAX_NAMES = 1000;

/** What was declared through this gateway: AMQP has no listing, so it is all there is to list. */
export class DeclaredNames {
  private readonly remembered = new Set<string>();

  add(name: string): void {
    if (this.remembered.size < MAX_NAMES) this.remembered.add(name);
  }

  delete(name: string): void {
    this.remembered.delete(name);
  }

  names(): readonly string[] {
    return [...this.remembered];
  }
}
