import { QueueError } from '../../../../amqp';
import { ExchangeDeclarations } from '../../../../workers/execution';

const topologyWith = (outcomes: readonly (Error | 'declared')[]) => {
  const asked: string[] = [];
  return {
    asked,
    ensureExchange: async ({ name, type }: { readonly name: string; readonly type: string }) => {
      const outcome = outcomes[asked.length] ?? 'declared';
      asked.push(`${name}:${type}`);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
};

describe('ExchangeDeclarations', () => {
  test('declares an exchange once, also for publishes that start together', async () => {
    const topology = topologyWith([]);
    const exchanges = new ExchangeDeclarations(topology);
    await Promise.all([exchanges.ensure('tickets', 'topic'), exchanges.ensure('tickets', 'topic')]);
    await exchanges.ensure('tickets', 'topic');
    await exchanges.ensure('notifications', 'topic');
    expect(topology.asked).toEqual(['tickets:topic', 'notifications:topic']);
  });

  test('a declaration that failed is tried again by the next publish', async () => {
    const refused = new QueueError('PRECONDITION_FAILED', 'no');
    const topology = topologyWith([refused]);
    const exchanges = new ExchangeDeclarations(topology);
    await expect(exchanges.ensure('tickets', 'topic')).rejects.toBe(refused);
    await expect(exchanges.ensure('tickets', 'topic')).resolves.toBeUndefined();
    expect(topology.asked).toHaveLength(2);
  });

  test('an exchange that is gone is declared again', async () => {
    const topology = topologyWith([]);
    const exchanges = new ExchangeDeclarations(topology);
    await exchanges.ensure('tickets', 'topic');
    exchanges.forget('tickets');
    await exchanges.ensure('tickets', 'topic');
    expect(topology.asked).toHaveLength(2);
  });
});
