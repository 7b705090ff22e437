import rules from '../data/ticket-rules.json';

/** A ticket whose fields have been checked. */
export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly body: string;
}

/** Why a ticket is refused. */
export interface TicketProblem {
  readonly field: string;
  readonly message: string;
}

/** Something a person wrote: a letter, a digit or a sign. White space and control characters do not count. */
const WRITTEN = /[\p{L}\p{N}\p{S}]/u;
const FIELDS = ['id', 'subject', 'body'] as const;

/** Checks a ticket as it came off the wire; all problems at once. Equal to `check_ticket` of the Python twin. */
export function checkTicket(value: unknown): {
  readonly ticket: Ticket;
  readonly problems: readonly TicketProblem[];
} {
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  const problems: TicketProblem[] = [];
  const ticket = { id: '', subject: '', body: '' };
  for (const field of FIELDS) {
    const text: unknown = Object.hasOwn(fields, field)
      ? (fields as Record<string, unknown>)[field]
      : undefined;
    if (typeof text !== 'string') {
      problems.push({ field, message: 'must be a string' });
    } else if (Array.from(text).length > rules.limits[field]) {
      problems.push({ field, message: `is longer than ${rules.limits[field]} characters` });
    } else {
      ticket[field] = text;
    }
  }
  if (problems.length === 0 && !WRITTEN.test(ticket.id)) problems.push({ field: 'id', message: 'is empty' });
  if (problems.length === 0 && !WRITTEN.test(ticket.subject + ticket.body)) {
    problems.push({ field: 'body', message: 'subject and body are empty' });
  }
  return { ticket, problems };
}
