import { readFileSync } from 'node:fs';

/** What the gateway tells of a task. */
interface TaskView {
  readonly task_id: string;
  readonly status: string;
  readonly result: {
    readonly category?: string;
    readonly priority?: string;
    readonly language?: string;
  } | null;
  readonly error: { readonly type: string; readonly message: string } | null;
  readonly worker?: string | null;
}

/** One key per role, as development-keys wrote them. */
type Keys = Readonly<Record<'admin' | 'submitter' | 'reader', string>>;

/** A worker may still be starting. */
const DEADLINE_MS = 60_000;

const TICKETS: Readonly<Record<string, object>> = {
  typescript: {
    id: 'T-1',
    subject: 'VPN is down for everyone',
    body: 'Nobody can work. Please help, it is urgent!',
  },
  python: {
    id: 'T-2',
    subject: 'Drucker druckt nicht',
    body: 'Der Drucker im zweiten Stock druckt seit heute nicht mehr.',
  },
};

async function call(url: string, key: string, init: RequestInit = {}): Promise<TaskView> {
  const response = await fetch(url, {
    ...init,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as TaskView;
}

/** Runs one ticket on the worker that consumes `queue`, over HTTP as any caller would. */
async function tryWorker(url: string, key: string, queue: string): Promise<string> {
  const tasks = `${url}/rabbitmq/tasks`;
  const ticket = TICKETS[queue];
  const body = JSON.stringify({ task_name: 'tickets.process', args: [ticket], queue });
  const { task_id: id } = await call(`${tasks}/submit`, key, { method: 'POST', body });
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const task = await call(`${tasks}/${id}?wait=5`, key);
    if (task.status === 'SUCCESS') {
      const { category, priority, language } = task.result ?? {};
      return `    ${task.worker ?? queue} ran tickets.process: category ${category}, priority ${priority}, language ${language}`;
    }
    if (task.error !== null) throw new Error(`${id}: ${task.error.type}: ${task.error.message}`);
    if (Date.now() > deadline) throw new Error(`${queue}: task ${id} is still ${task.status}`);
  }
}

function examples(url: string, keys: Keys): string {
  const ticket = '{"id":"T-3","subject":"Password reset","body":"I am locked out of my account."}';
  return `
  Gateway  ${url}
  API keys (for this machine only, in .data/keys.json)
    admin      ${keys.admin}
    submitter  ${keys.submitter}
    reader     ${keys.reader}

  Try:
    curl -s ${url}/rabbitmq/tasks/submit -H 'Authorization: Bearer ${keys.submitter}' -H 'Content-Type: application/json' -d '{"task_name":"tickets.process","args":[${ticket}]}'
    curl -s '${url}/rabbitmq/tasks/TASK_ID?wait=10' -H 'Authorization: Bearer ${keys.reader}'
    curl -s ${url}/rabbitmq/queues/celery/info -H 'Authorization: Bearer ${keys.admin}'
`;
}

async function main(words: readonly string[]): Promise<void> {
  const onlyExamples = words[0] === '--examples';
  const [url = '', keysFile = '', ...queues] = onlyExamples ? words.slice(1) : words;
  const { keys } = JSON.parse(readFileSync(keysFile, 'utf8')) as { keys: Keys };
  if (onlyExamples) {
    console.log(examples(url, keys));
    return;
  }
  const lines = await Promise.all(queues.map((queue) => tryWorker(url, keys.submitter, queue)));
  console.log(lines.join('\n'));
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
