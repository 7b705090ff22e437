import { Topology } from '../../amqp';
import { OpenedParts } from './opened-parts';
import { createVhost, type TestVhost } from './vhost';

export type { Stoppable } from './opened-parts';

/** A vhost of its own with a connection and a topology on it, and everything else a test file opens there. */
export class AmqpSession extends OpenedParts {
  private constructor(readonly vhost: TestVhost) {
    super({ urls: [vhost.url], name: 'test' }, 5000);
  }

  static async open(label: string): Promise<AmqpSession> {
    return new AmqpSession(await createVhost(label));
  }

  async topology(): Promise<Topology> {
    return new Topology({ connection: await this.connect({ name: 'test topology' }), logger: this.logger });
  }

  async close(): Promise<void> {
    await this.release();
    await this.vhost.drop();
  }
}
