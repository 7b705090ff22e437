import { defineTask } from '../index';
import { classifyTicket } from './service-desk/classification';

/**
 * `tickets.process`: validates and classifies a ticket, then tells the topic exchange `tickets` (`ticket.created` or
 * `ticket.rejected`). Late acknowledged: a worker that dies repeats it, and the event's message id, the task's, lets its
 * readers recognise a repeat.
 */
export const processTicket = defineTask(
  'tickets.process',
  { params: ['ticket'], acksLate: true },
  async (context, { ticket }) => {
    const verdict = classifyTicket(ticket);
    const event = verdict.status === 'accepted' ? 'ticket.created' : 'ticket.rejected';
    await context.publish(
      'tickets',
      event,
      { event, occurred_at: new Date().toISOString(), ...verdict },
      { exchangeType: 'topic', messageId: context.taskId, type: event },
    );
    return verdict;
  },
);
