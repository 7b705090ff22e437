/** One message as the gateway's stream of an exchange shows it. */
interface Followed {
  readonly routing_key: string;
  readonly payload: { readonly value: unknown };
}

/** What a notification says, as far as the demonstration reads it. */
interface Notification {
  readonly recipient: string;
}

const PREFIX = '/rabbitmq';

/** Calls the gateway over plain HTTP: the demonstration uses nothing that a user's own program could not. */
export class Gateway {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  /** @throws Error with what was answered, unless it is a success. */
  async call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Whether it is ready to take work. */
  async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/health/ready`)).ok;
  }

  async depth(queue: string): Promise<number> {
    return (await this.call<{ message_count: number }>('GET', `/queues/${queue}/info`)).message_count;
  }

  /** Tells of each notification that leaves, by its recipient, until `signal` aborts. Resolves once it listens. */
  async follow(onRecipient: (recipient: string) => void, signal: AbortSignal): Promise<void> {
    const path = '/messages/stream?exchange=notifications&routing_key=notify.%23&seconds=600';
    const response = await this.fetch('GET', path, undefined, signal);
    if (!response.ok || response.body === null) throw new Error(`the stream was answered ${response.status}`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? '';
    void (async () => {
      for (;;) {
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) tell(block, onRecipient);
        const { value, done } = await reader.read();
        if (done) return;
        text += value;
      }
    })().catch(() => undefined);
  }

  private fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}${PREFIX}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

function tell(block: string, onRecipient: (recipient: string) => void): void {
  const data = /^data: ?(.*)$/m.exec(block)?.[1];
  if (!/^event: ?message$/m.test(block) || data === undefined) return;
  const { payload } = JSON.parse(data) as Followed;
  onRecipient((payload.value as Notification).recipient);
}
