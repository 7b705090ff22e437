import { RpcStreamResults } from '../../../celery';
import { until } from '../../support/until';
import { rabbitmqctl } from '../../support/vhost';
import { startRig } from './rig';

/** More than 32 bits: RabbitMQ wants a real integer there. */
const TEN_GIGABYTES = 10_000_000_000;

test('a stream is limited by age and by size, as the broker itself tells', async () => {
  const rig = await startRig('stream-size');
  try {
    const results = new RpcStreamResults({
      connection: rig.connections.consume,
      topology: rig.topology,
      maxAgeSeconds: 3600,
      maxStreamBytes: TEN_GIGABYTES,
      maxEntries: 100,
      logger: rig.logger,
    });
    await rig.cleanup.stops(results);
    await results.start();
    await until(() => results.status.ready);

    const told = await rabbitmqctl('list_queues', '-p', rig.vhost.name, 'name', 'arguments');
    expect(told).toContain('"x-max-age","3600s"');
    expect(told).toContain(`"x-max-length-bytes",${TEN_GIGABYTES}`);
  } finally {
    await rig.cleanup.run();
  }
});
