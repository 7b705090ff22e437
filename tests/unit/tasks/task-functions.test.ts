import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { analyseText } from '../../../workers/tasks/analysis';
import { MAX_ANALYSED_CHARACTERS } from '../../../workers/tasks/analysis/words';
import { sum } from '../../../workers/tasks/arithmetic';
import { classifyTicket } from '../../../workers/tasks/service-desk/classification';
import { renderNotification } from '../../../workers/tasks/service-desk/notification';

const REPOSITORY = join(__dirname, '..', '..', '..');

describe('sum', () => {
  test('adds whole numbers and fractions', () => {
    expect(sum(2, 3)).toBe(5);
    expect(sum(0.5, -2)).toBe(-1.5);
  });

  test('keeps whole numbers beyond 2^53 exact', () => {
    expect(sum(2n ** 64n, 1)).toBe(2n ** 64n + 1n);
  });

  test.each([
    ['a', 1, "unsupported operand type(s) for +: 'str' and 'int'"],
    [null, 1.5, "unsupported operand type(s) for +: 'NoneType' and 'float'"],
    [[], {}, "unsupported operand type(s) for +: 'list' and 'dict'"],
  ])('refuses %j + %j in the words of Python', (x, y, message) => {
    expect(() => sum(x, y)).toThrow(new TypeError(message));
  });
});

describe('analyseText', () => {
  test('an empty text has no language, no keywords and a neutral sentiment', () => {
    expect(analyseText('')).toEqual({
      language: { code: 'und', name: 'Undetermined' },
      sentiment: { label: 'neutral', score: 0, matches: [] },
      keywords: [],
      words: 0,
    });
  });

  test('a negation turns the word after it round', () => {
    expect(analyseText('The printer is good').sentiment.score).toBeGreaterThan(0);
    expect(analyseText('The printer is not good').sentiment.score).toBeLessThan(0);
  });

  test('keywords come by frequency, then by appearance, without stop words', () => {
    expect(analyseText('The router and the modem and the router').keywords).toEqual(['router', 'modem']);
  });

  test('a text beyond the limit is analysed up to it', () => {
    expect(analyseText('ab '.repeat(MAX_ANALYSED_CHARACTERS)).words).toBe(
      Math.ceil(MAX_ANALYSED_CHARACTERS / 3),
    );
  });
});

describe('classifyTicket', () => {
  test('names all problems of a ticket at once', () => {
    expect(classifyTicket({ subject: 'x'.repeat(201) }).problems).toEqual([
      { field: 'id', message: 'must be a string' },
      { field: 'subject', message: 'is longer than 200 characters' },
      { field: 'body', message: 'must be a string' },
    ]);
  });

  test('a subject counts more than a body', () => {
    const ticket = { id: '1', subject: 'Printer', body: 'I cannot print the invoice and the payment.' };
    expect(classifyTicket(ticket).category).toBe('hardware');
  });

  test('an inherited field is not a field', () => {
    const ticket: unknown = Object.create({ id: '1', subject: 's', body: 'b' });
    expect(classifyTicket(ticket).status).toBe('rejected');
  });
});

describe('renderNotification', () => {
  test('fills texts and whole numbers into the template', () => {
    expect(
      renderNotification('ticket_resolved', 'ada@example.org', {
        name: 'Ada',
        ticket_id: 7,
        resolution: 'new toner',
      }),
    ).toEqual({
      type: 'ticket_resolved',
      recipient: 'ada@example.org',
      subject: 'Ticket 7 resolved',
      body: 'Hello Ada, ticket 7 is resolved: new toner',
    });
  });

  test('does not fill placeholders that a value brings along', () => {
    const values = { name: '{{ticket_id}}', ticket_id: 1, resolution: '' };
    expect(renderNotification('ticket_resolved', 'x', values).body).toContain('Hello {{ticket_id}},');
  });

  test.each([
    ['no_such_type', {}, 'unknown notification type: no_such_type'],
    ['constructor', {}, 'unknown notification type: constructor'],
    ['password_reset', { name: 'Ada' }, 'password_reset needs a text or whole number for: time'],
    ['password_reset', { name: true, time: 1 }, 'password_reset needs a text or whole number for: name'],
  ])('refuses %s with %j', (type, values, message) => {
    expect(() => renderNotification(type, 'x', values)).toThrow(new RangeError(message));
  });

  test('renders the same in Python', () => {
    const values = { name: 'Zoë 🦊', ticket_id: 7, priority: 'high' };
    const script =
      'import json, sys; from service_desk import render; json.dump(render("ticket_created", "x", json.load(sys.stdin)), sys.stdout)';
    const output = execFileSync(process.env.TEST_PYTHON ?? 'python3', ['-c', script], {
      input: JSON.stringify(values),
      encoding: 'utf8',
      env: {
        ...process.env,
        PYTHONPATH: join(REPOSITORY, 'workers', 'python'),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    });
    expect(JSON.parse(output)).toEqual(renderNotification('ticket_created', 'x', values));
  });
});

describe('the text data', () => {
  test('equals what its pinned sources hold', () => {
    expect(() =>
      execFileSync(process.execPath, [join(REPOSITORY, 'scripts', 'text-data.mjs'), '--check'], {
        stdio: 'pipe',
      }),
    ).not.toThrow();
  });
});
