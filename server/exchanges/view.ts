import { ratesView } from '../queues';
import type { DetailedExchange, ExchangeList } from './service';

export function exchangeView({ source, name, type, managed }: DetailedExchange): object {
  return {
    source,
    exchange: name,
    type,
    durable: managed?.durable ?? null,
    auto_delete: managed?.auto_delete ?? null,
    internal: managed?.internal ?? null,
    arguments: managed?.arguments ?? null,
    policy: managed?.policy || null,
    rates: ratesView(managed?.message_stats),
  };
}

export function exchangeListView({ source, complete, total, items }: ExchangeList): object {
  return { source, complete, total, items: items.map(exchangeView) };
}
