import type { BrokerStatus } from './service';

export const brokersView = (brokers: readonly BrokerStatus[]): object => ({
  brokers: brokers.map(({ name, path, readiness }) => ({
    name,
    path,
    ready: readiness.ready,
    status: readiness.status,
    state: readiness.messaging.broker?.state,
  })),
});
