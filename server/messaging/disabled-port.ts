import { messagingDisabled } from './no-op-messaging-service';

/**
 * A port for features while `RABBITMQ_ENABLED` is false: each method rejects with `MESSAGING_DISABLED`, so that a feature
 * needs no second implementation to say so.
 */
export function disabledPort<T extends object>(): T {
  const refuse = (): Promise<never> => Promise.reject(messagingDisabled());
  // Without `then`, or whoever awaits the port itself would call it.
  return new Proxy({}, { get: (_target, name) => (name === 'then' ? undefined : refuse) }) as T;
}
