import { EventEmitter } from 'node:events';
import type { GatewayResponse } from '../../../server/http/request-context';
import { endOf } from '../../../server/http/request-end';

const response = () => Object.assign(new EventEmitter(), { writableFinished: false });
const asResponse = (res: ReturnType<typeof response>) => res as unknown as GatewayResponse;

describe('endOf', () => {
  it('aborts when the caller goes away before the answer', () => {
    const res = response();
    const signal = endOf(asResponse(res), new AbortController().signal);
    expect(signal.aborted).toBe(false);
    res.emit('close');
    expect(signal.aborted).toBe(true);
  });

  it('does not abort after the answer', () => {
    const [res, stopping] = [response(), new AbortController()];
    const signal = endOf(asResponse(res), stopping.signal);
    res.writableFinished = true;
    res.emit('close');
    stopping.abort();
    expect(signal.aborted).toBe(false);
  });

  it('aborts each request under way when the gateway stops, with its reason', () => {
    const stopping = new AbortController();
    const signals = [response(), response(), response()].map((res) =>
      endOf(asResponse(res), stopping.signal),
    );
    stopping.abort(new Error('stopping'));
    expect(signals.map(({ reason }) => String(reason))).toEqual(Array(3).fill('Error: stopping'));
  });

  it('has ended from the start for a request that comes when the gateway is stopping', () => {
    expect(endOf(asResponse(response()), AbortSignal.abort()).aborted).toBe(true);
  });
});
