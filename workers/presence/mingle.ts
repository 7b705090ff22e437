import type { ControlClient } from '../../celery/control';
import type { LamportClock } from '../../celery/protocol';
import type { Logger } from '../../runtime';
import { revokedIds } from '../control';
import type { RevokedTasks } from '../intake';

/** Celery's own wait; neighbours that are slower are not waited for. */
const WAIT_MS = 1000;

export interface MingleDeps {
  readonly nodename: string;
  /** Makes what asks the others; it lives while mingling only. */
  readonly control: () => Pick<ControlClient, 'start' | 'stop' | 'broadcast'>;
  readonly lamport: LamportClock;
  readonly revoked: RevokedTasks;
  readonly logger: Logger;
}

/** Asks the other workers, at start and after a reconnect, what this one missed: clocks and revoked tasks (celery/worker/consumer/mingle.py). */
export class Mingle {
  constructor(private readonly deps: MingleDeps) {}

  /** Never rejects: a worker that cannot ask works alone. */
  async sync(): Promise<void> {
    const { logger } = this.deps;
    const control = this.deps.control();
    logger.info('mingle: searching for neighbors');
    try {
      await control.start();
      const replies = Object.entries(await this.ask(control));
      for (const [node, reply] of replies) this.learn(node, reply);
      logger.info(replies.length === 0 ? 'mingle: all alone' : `mingle: sync with ${replies.length} nodes`);
    } catch (error) {
      logger.warn('mingle: the others could not be asked', { error });
    } finally {
      await control.stop();
    }
  }

  private async ask(control: Pick<ControlClient, 'broadcast'>): Promise<Readonly<Record<string, unknown>>> {
    const { nodename, revoked } = this.deps;
    const { replies } = await control.broadcast(
      'hello',
      { from_node: nodename, revoked: revoked.list() },
      { timeoutMs: WAIT_MS },
    );
    // Our own mailbox answers null, if it listens already.
    return Object.fromEntries(
      Object.entries(replies).filter(([node, reply]) => node !== nodename && reply !== null),
    );
  }

  private learn(node: string, reply: unknown): void {
    const { lamport, revoked, logger } = this.deps;
    if (typeof reply !== 'object' || reply === null || 'error' in reply) {
      logger.warn('mingle: a node did not understand', { node, reply });
      return;
    }
    const { clock, revoked: ids } = reply as { readonly clock?: unknown; readonly revoked?: unknown };
    if (typeof clock === 'number') lamport.adjust(clock);
    else lamport.forward();
    revoked.add(revokedIds(ids));
    logger.debug('mingle: learned from a node', { node });
  }
}
