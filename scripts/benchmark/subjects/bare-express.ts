import type { AddressInfo } from 'node:net';
import express from 'express';

/** The most an Express app can do: it parses the same body and answers as the gateway would, with nothing in between. */
const app = express();
app.use(express.json());
app.post('/submit', (_request, response) => {
  response
    .status(202)
    .json({ task_id: '00000000-0000-4000-8000-000000000000', status: 'PENDING', result: null, error: null });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
