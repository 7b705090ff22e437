import { ConnectionError, withDeadline } from '../../amqp';

/**
 * The time that all steps of one publish share: looking for its queue, declaring it, the confirm. Each step has a limit of its
 * own in the layers below; one after the other they would add up to many times what a caller was promised.
 */
export class PublishDeadline {
  readonly #endsAt: number | undefined;

  /** @param ms undefined: each step has only its own limit. */
  constructor(ms: number | undefined) {
    this.#endsAt = ms === undefined ? undefined : performance.now() + ms;
  }

  /** What is left for the confirm, in milliseconds; undefined: what its publisher says. */
  get leftMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - performance.now());
  }

  /**
   * A step that comes before anything is written.
   * @throws ConnectionError `BROKER_UNREACHABLE`, retryable, when the time is over: nothing was sent.
   */
  within<T>(step: Promise<T>): Promise<T> {
    const { leftMs } = this;
    if (leftMs === undefined) return step;
    return withDeadline(step, leftMs, () => {
      throw new ConnectionError('BROKER_UNREACHABLE', 'RabbitMQ did not answer in time', { retryable: true });
    });
  }
}
