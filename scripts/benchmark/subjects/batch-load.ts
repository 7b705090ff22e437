import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';

/** Tasks sent through the gateway's batch route: as JSON bodies one after another on a few connections, or as lines of one. */
export interface BatchLoad {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: 'json' | 'ndjson';
  readonly tasks: number;
  readonly tasksPerRequest: number;
  readonly connections: number;
}

interface Summary {
  readonly accepted: number;
  readonly refused: number;
}

const PATH = '/rabbitmq/tasks/batch';
const TYPES = { json: 'application/json', ndjson: 'application/x-ndjson' } as const;
/** Lines written in one go. */
const LINES_AT_ONCE = 100;

const task = (number: number): string =>
  JSON.stringify({ task_name: 'bench.noop', args: [number, 3], kwargs: {} });

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const requireAll = ({ accepted, refused }: Summary, tasks: number): void => {
  if (accepted !== tasks) throw new Error(`${accepted} of ${tasks} tasks were accepted, ${refused} refused`);
};

const open = (load: BatchLoad, agent: Agent) => {
  const headers = { ...load.headers, 'content-type': TYPES[load.form] };
  return request({ port: load.port, host: '127.0.0.1', method: 'POST', path: PATH, agent, headers });
};

const sendJson = async (load: BatchLoad, agent: Agent, body: Buffer): Promise<void> => {
  const call = open(load, agent);
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  call.setHeader('content-length', body.length);
  call.end(body);
  const [answer] = await answered;
  requireAll(JSON.parse(await textOf(answer)) as Summary, load.tasksPerRequest);
};

const sendLines = async (load: BatchLoad, agent: Agent, pieces: readonly string[]): Promise<void> => {
  const call = open(load, agent);
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  const text = answered.then(([answer]) => textOf(answer));
  for (const piece of pieces) if (!call.write(piece)) await once(call, 'drain');
  call.end();
  const last = (await text).trimEnd().split('\n').at(-1) ?? '';
  requireAll((JSON.parse(last) as { readonly summary: Summary }).summary, load.tasks);
};

/** Resolves to the milliseconds from the first byte sent to the last answer. What is sent is written beforehand. */
export const runBatchLoad = async (load: BatchLoad): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections, noDelay: true });
  try {
    if (load.form === 'ndjson') {
      const pieces = Array.from({ length: Math.ceil(load.tasks / LINES_AT_ONCE) }, (_, piece) => {
        const from = piece * LINES_AT_ONCE;
        const lines = Math.min(LINES_AT_ONCE, load.tasks - from);
        return Array.from({ length: lines }, (_line, line) => `${task(from + line)}\n`).join('');
      });
      const startedAt = performance.now();
      await sendLines(load, agent, pieces);
      return performance.now() - startedAt;
    }
    const tasks = Array.from({ length: load.tasksPerRequest }, (_, number) => task(number));
    const body = Buffer.from(`{"tasks":[${tasks.join(',')}]}`);
    let left = load.tasks / load.tasksPerRequest;
    const startedAt = performance.now();
    const drive = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await sendJson(load, agent, body);
      }
    };
    await Promise.all(Array.from({ length: load.connections }, drive));
    return performance.now() - startedAt;
  } finally {
    agent.destroy();
  }
};
