import { setTimeout as pause } from 'node:timers/promises';
import { defineSubscriber, Reject, type SubscriberDefinition } from '../../index';
import { analyseText } from '../analysis';
import { classifyTicket, type TicketVerdict } from '../service-desk/classification';
import { checkTicket } from '../service-desk/ticket';

export interface ServiceDeskOptions {
  /** Languages its analysis has a model of; a ticket in another one fails. */
  readonly languages: readonly string[];
  /** What an analysis takes beside its computing, as a model elsewhere would. Default 0. */
  readonly analysisMs?: number;
  /** Where `notifications.send` is served, by whichever language. */
  readonly mailQueue: string;
}

/** What goes from triage to analysis. */
interface TriagedTicket {
  readonly ticket: unknown;
  readonly reporter: string;
  readonly verdict: TicketVerdict;
}

/** Of queues and messages: urgent ones overtake. */
const URGENT_PRIORITY = 9;
const PRIORITIES = { 'x-max-priority': 10 } as const;
const RETRY_DELAYS_SECONDS = [0.5, 1];

const isUrgent = ({ priority }: TicketVerdict): boolean => priority === 'urgent';

/**
 * The service desk as subscribers: tickets (exchange `tickets`) are classified, analysed (`ai_processing`) and answered
 * (`notifications`). See docs/service-desk.md.
 */
export function serviceDesk(options: ServiceDeskOptions): readonly SubscriberDefinition[] {
  return [triage, analysis(options), outbox];
}

const triage = defineSubscriber(
  { exchange: 'tickets', routingKey: 'ticket.created.*', queue: 'desk.tickets', queueArguments: PRIORITIES },
  async (context, payload) => {
    const verdict = classifyTicket(payload);
    if (verdict.status === 'rejected')
      throw new Reject(verdict.problems.map(({ field, message }) => `${field} ${message}`).join(', '));
    const { priority: given = 0, messageId = verdict.ticket_id } = context.message.properties;
    const triaged: TriagedTicket = { ticket: payload, reporter: reporterOf(payload), verdict };
    await context.publish('ai_processing', `ai.${verdict.category}`, triaged, {
      exchangeType: 'topic',
      priority: isUrgent(verdict) ? URGENT_PRIORITY : given,
      messageId,
      mandatory: true,
    });
  },
);

const analysis = ({ languages, analysisMs = 0, mailQueue }: ServiceDeskOptions): SubscriberDefinition =>
  defineSubscriber(
    {
      exchange: 'ai_processing',
      routingKey: 'ai.#',
      queue: 'desk.analysis',
      queueArguments: PRIORITIES,
      retryDelaysSeconds: RETRY_DELAYS_SECONDS,
    },
    async (context, payload) => {
      const { ticket: given, reporter, verdict } = payload as TriagedTicket;
      const { ticket } = checkTicket(given);
      const { language } = analyseText(`${ticket.subject}\n${ticket.body}`);
      await pause(analysisMs, undefined, { signal: context.signal });
      if (!languages.includes(language.code)) throw new Error(`no model for the language ${language.code}`);
      const values = { ticket_id: ticket.id, name: reporter, priority: verdict.priority };
      await context.sendTask({
        name: 'notifications.send',
        args: ['ticket_created', reporter, values],
        options: { queue: mailQueue },
      });
    },
  );

const outbox = defineSubscriber(
  { exchange: 'notifications', routingKey: 'notify.#', queue: 'desk.outbox', concurrency: 10 },
  (context) => context.logger.info('a notification leaves the house'),
);

const reporterOf = (payload: unknown): string => {
  const { reporter } = payload as { readonly reporter?: unknown };
  return typeof reporter === 'string' ? reporter : 'somebody';
};
