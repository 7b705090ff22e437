import { Cleanup } from '../support/cleanup';
import { ledgerOfKills } from '../support/ledger-of-kills';

describe('a broker killed under submissions to a classic queue', () => {
  const cleanup = new Cleanup();
  afterAll(() => cleanup.run(), 60_000);

  it('loses nothing that was accepted, queues nothing that was refused, and is found again', async () => {
    await ledgerOfKills(cleanup, 'classic');
  }, 900_000);
});
