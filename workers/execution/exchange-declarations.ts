import type { Topology } from '../../amqp';

/** Exchanges that tasks publish to, each declared once per process: the publish itself stays a single trip. */
export class ExchangeDeclarations {
  private readonly declared = new Map<string, Promise<unknown>>();

  constructor(private readonly topology: Pick<Topology, 'ensureExchange'>) {}

  /** Resolves once the exchange exists; one of another type is used as it is. Throws RabbitMQError. */
  async ensure(name: string, type: string): Promise<void> {
    let declaration = this.declared.get(name);
    if (declaration === undefined) {
      declaration = this.topology.ensureExchange({ name, type });
      this.declared.set(name, declaration);
    }
    try {
      await declaration;
    } catch (error) {
      this.forget(name);
      throw error;
    }
  }

  /** After the broker said it is gone: the next publish declares it again. */
  forget(name: string): void {
    this.declared.delete(name);
  }
}
