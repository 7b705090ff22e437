import { Cleanup } from '../support/cleanup';
import { describeInFull } from '../support/full-form';
import { ledgerOfKills } from '../support/ledger-of-kills';

// In a file of its own, so that twenty kills of it run beside those of the classic queue.
describeInFull('a broker killed under submissions to a quorum queue', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run(), 60_000);

  it('loses nothing that was accepted, queues nothing that was refused, and is found again', async () => {
    await ledgerOfKills(cleanup, 'quorum');
  }, 900_000);
});
