import { analyseText, wordsOf } from '../analysis';
import rules from '../data/ticket-rules.json';
import { checkTicket, type TicketProblem } from './ticket';

/** What `tickets.process` answers. */
export interface TicketVerdict {
  readonly ticket_id: string;
  readonly status: 'accepted' | 'rejected';
  readonly problems: readonly TicketProblem[];
  /** Null when the ticket is rejected. */
  readonly category: string | null;
  readonly priority: string | null;
  readonly language: string | null;
}

/** The words with a space on each side, so that a term matches from the start of a word: ` print` finds "printers". */
const searchable = (text: string): string =>
  ` ${wordsOf(text)
    .map((word) => word.text)
    .join(' ')} `;

const CJK = /[\u3040-\u9fff]/;

/** Chinese and Japanese have no spaces: their terms match anywhere, in the text with its word breaks taken out. */
const contains = (text: string, term: string): boolean =>
  CJK.test(term) ? text.replaceAll(' ', '').includes(term) : text.includes(` ${term}`);

const hits = (text: string, terms: readonly string[]): number =>
  terms.filter((term) => contains(text, term)).length;

function categoryOf(subject: string, body: string): string {
  let best = rules.fallbackCategory;
  let bestScore = 0;
  for (const { category, terms } of rules.categories) {
    const score = rules.subjectWeight * hits(subject, terms) + hits(body, terms);
    if (score > bestScore) [best, bestScore] = [category, score];
  }
  return best;
}

function priorityOf(text: string, category: string, sentimentScore: number): string {
  const { priority } = rules;
  const categoryPoints: Readonly<Record<string, number>> = priority.categoryPoints;
  let points = categoryPoints[category] ?? 0;
  for (const group of priority.terms) if (hits(text, group.terms) > 0) points += group.points;
  if (sentimentScore <= priority.unhappyAtOrBelow) points += priority.unhappyPoints;
  return priority.levels.find((level) => points >= level.from)?.priority ?? 'normal';
}

/** Validates and classifies a ticket by its text; pure, and equal to `classify` of the Python twin. */
export function classifyTicket(value: unknown): TicketVerdict {
  const { ticket, problems } = checkTicket(value);
  if (problems.length > 0) {
    return {
      ticket_id: ticket.id,
      status: 'rejected',
      problems,
      category: null,
      priority: null,
      language: null,
    };
  }
  const analysis = analyseText(`${ticket.subject}\n${ticket.body}`);
  const subject = searchable(ticket.subject);
  const body = searchable(ticket.body);
  const category = categoryOf(subject, body);
  return {
    ticket_id: ticket.id,
    status: 'accepted',
    problems: [],
    category,
    priority: priorityOf(subject + body, category, analysis.sentiment.score),
    language: analysis.language.code,
  };
}
