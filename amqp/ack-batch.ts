/** Writes one acknowledgement: of this delivery tag, or with `multiple` of it and all before it that are not settled. */
export type WriteAck = (deliveryTag: number, multiple: boolean) => void;

/**
 * The acknowledgements of one channel, written together at the end of the event-loop turn. Those below the oldest unsettled
 * delivery go out as one frame: tasks end nearly in the order they came, so a busy consumer writes a frame a turn and not one
 * a message. Nothing unsettled is ever below that mark, so `multiple` tells the broker exactly what single ones would.
 * What is refused is written at once, by its caller; see docs/adr/0101-acks-of-one-turn.md.
 */
export class AckBatch {
  /** Deliveries not settled yet, in the order they came; no more than the consumer holds anyway. */
  readonly #unsettled = new Set<number>();
  #acked: number[] = [];
  readonly #write: WriteAck;
  readonly #flush = (): void => this.flush();

  constructor(write: WriteAck) {
    this.#write = write;
  }

  /** A delivery came that is to be settled. */
  received(deliveryTag: number): void {
    this.#unsettled.add(deliveryTag);
  }

  /** Its acknowledgement will be written before the turn is over. */
  ack(deliveryTag: number): void {
    this.#unsettled.delete(deliveryTag);
    if (this.#acked.length === 0) setImmediate(this.#flush);
    this.#acked.push(deliveryTag);
  }

  /** It was settled by a frame of its own. */
  settled(deliveryTag: number): void {
    this.#unsettled.delete(deliveryTag);
  }

  /** It and all before it are acknowledged, at once. */
  ackThrough(deliveryTag: number): void {
    for (const tag of this.#unsettled) {
      if (tag > deliveryTag) break;
      this.#unsettled.delete(tag);
    }
    this.#acked = this.#acked.filter((tag) => tag > deliveryTag);
    this.#write(deliveryTag, true);
  }

  /** Writes what waits, now. */
  flush(): void {
    const acked = this.#acked;
    if (acked.length === 0) return;
    this.#acked = [];
    const oldest = this.#unsettled.values().next().value ?? Number.POSITIVE_INFINITY;
    let last = 0;
    let count = 0;
    for (const tag of acked) {
      if (tag > oldest) this.#write(tag, false);
      else {
        last = Math.max(last, tag);
        count += 1;
      }
    }
    if (count > 0) this.#write(last, count > 1);
  }

  /** The channel is gone, and the broker has taken back what it was not told of. */
  clear(): void {
    this.#acked = [];
    this.#unsettled.clear();
  }
}
