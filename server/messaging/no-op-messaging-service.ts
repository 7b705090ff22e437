import { GatewayError } from '../errors';
import type { MessagingHealth, MessagingService } from './messaging-service';

/** Messaging while `RABBITMQ_ENABLED` is false: connects nowhere and refuses everything, saying why. */
export class NoOpMessagingService implements MessagingService {
  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  health(): MessagingHealth {
    return { enabled: false, ready: true };
  }

  isCeleryQueue(): boolean {
    return false;
  }

  submitTask(): Promise<never> {
    return refuse();
  }
  findTask(): Promise<never> {
    return refuse();
  }
  awaitTask(): Promise<never> {
    return refuse();
  }
  revokeTask(): Promise<never> {
    return refuse();
  }
  activeTasks(): Promise<never> {
    return refuse();
  }
  publishMessage(): Promise<never> {
    return refuse();
  }
  declareQueue(): Promise<never> {
    return refuse();
  }
  queueInfo(): Promise<never> {
    return refuse();
  }
  purgeQueue(): Promise<never> {
    return refuse();
  }
}

/** Why nothing can be done while messaging is switched off. */
export function messagingDisabled(): GatewayError {
  return new GatewayError('MESSAGING_DISABLED', 'Messaging is switched off (RABBITMQ_ENABLED=false).');
}

function refuse(): Promise<never> {
  return Promise.reject(messagingDisabled());
}
