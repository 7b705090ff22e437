import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { analyseText } from '../../../workers/tasks/analysis';
import { classifyTicket } from '../../../workers/tasks/service-desk/classification';

const REPOSITORY = join(__dirname, '..', '..', '..');
const FIXTURES = join(REPOSITORY, 'tests', 'fixtures', 'tickets');

interface TicketFixture {
  readonly ticket: unknown;
  readonly verdict: unknown;
  readonly analysis: unknown;
}

const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'));
const fixtures = new Map(
  names.map((name) => [name, JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as TicketFixture]),
);

const textOf = (ticket: unknown): string => {
  const { subject, body } = Object(ticket) as { subject?: unknown; body?: unknown };
  return typeof body === 'string' ? `${String(subject)}\n${body}` : '';
};

/** One Python process for all of them: its standard library is enough. */
const pythonAnswers = (): Record<string, TicketFixture> => {
  const script = `
import json, sys
from analysis import analyse
from service_desk import classify
tickets = json.load(sys.stdin)
json.dump({name: {"verdict": classify(given["ticket"]), "analysis": analyse(given["text"])} for name, given in tickets.items()}, sys.stdout)`;
  const input = Object.fromEntries(
    [...fixtures].map(([name, { ticket }]) => [name, { ticket, text: textOf(ticket) }]),
  );
  const output = execFileSync(process.env.TEST_PYTHON ?? 'python3', ['-c', script], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
    env: { ...process.env, PYTHONPATH: join(REPOSITORY, 'workers', 'python'), PYTHONDONTWRITEBYTECODE: '1' },
  });
  return JSON.parse(output) as Record<string, TicketFixture>;
};

describe('the service desk tasks on the ticket fixtures', () => {
  const python = pythonAnswers();

  test('at least twenty tickets are held', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  test.each(names)('%s: TypeScript gives the recorded answer', (name) => {
    const fixture = fixtures.get(name);
    expect(classifyTicket(fixture?.ticket)).toEqual(fixture?.verdict);
    expect(analyseText(textOf(fixture?.ticket))).toEqual(fixture?.analysis);
  });

  test.each(names)('%s: Python gives the recorded answer', (name) => {
    expect(python[name]?.verdict).toEqual(fixtures.get(name)?.verdict);
    expect(python[name]?.analysis).toEqual(fixtures.get(name)?.analysis);
  });
});
