import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../process-tree';
import { quantile } from '../statistics';
import { STREAMS, SUBMIT_QUEUE } from '../subjects';
import { emptySubmissions } from '../submit';
import type { GatewayBench } from './bench';
import { type ReadyGateway, startReadyGateway } from './ready-gateway';
import { resultMessage } from './recorded-tasks';
import { WaitingClient } from './waiting-client';

export interface WaiterFigures {
  readonly clients: number;
  /** Share of one core that the gateway used while all waited. */
  readonly idleShare: number;
  /** From a result's way to the broker to its answer in hand, in milliseconds. */
  readonly p50Ms: number;
  readonly maxMs: number;
  /** Processor time of the gateway for an answer, and of the bench for sending its result and taking it, in microseconds. */
  readonly cpuMicros: number;
  readonly benchCpuMicros: number;
}

/** Longer than a busy machine takes to connect all of them: who came first must not have waited it out. */
const WAIT_SECONDS = 1_800;
/** Files that both processes need besides the waiting sockets. */
const OTHER_FILES = 500;
const CONNECT_AT_ONCE = 200;
const TASKS_PER_REQUEST = 1_000;
/** Until the sockets' opening has settled and only waiting is left. */
const SETTLE_MS = 1_000;

/** Linux only; elsewhere the plan's number is taken on trust. */
const openFiles = (): number => {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
};

const submitAll = async ({ port, headers }: ReadyGateway, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (let from = 0; from < count; from += TASKS_PER_REQUEST) {
    const tasks = ids
      .slice(from, from + TASKS_PER_REQUEST)
      .map((id) => ({ task_name: 'bench.noop', task_id: id }));
    const answer = await fetch(`http://127.0.0.1:${port}/rabbitmq/tasks/batch`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ tasks }),
    });
    if (answer.status !== 202) throw new Error(`the tasks to wait for were answered ${answer.status}`);
    await answer.arrayBuffer();
  }
  return ids;
};

/** Opens them some at a time: a listener's backlog is short. */
const connectAll = async (gateway: ReadyGateway, ids: readonly string[]): Promise<WaitingClient[]> => {
  const clients: WaitingClient[] = [];
  for (let from = 0; from < ids.length; from += CONNECT_AT_ONCE) {
    const some = ids.slice(from, from + CONNECT_AT_ONCE).map((id) => {
      const path = `/rabbitmq/tasks/${id}?wait=${WAIT_SECONDS}`;
      return WaitingClient.open({ port: gateway.port, path, headers: gateway.headers });
    });
    clients.push(...(await Promise.all(some)));
  }
  return clients;
};

/** Long polls, each for a task of its own: what they cost while nothing happens, and when all their results come at once. */
export const benchWaiters = async (bench: GatewayBench): Promise<WaiterFigures> => {
  const { connection, subjects, plan, progress } = bench;
  const count = Math.min(plan.waiters, openFiles() - OTHER_FILES);
  await emptySubmissions(connection);
  const options = subjects.gateway(SUBMIT_QUEUE, {
    GATEWAY_MAX_WAITERS: String(count + OTHER_FILES),
    GATEWAY_MAX_WAITERS_PER_KEY: String(count + OTHER_FILES),
    GATEWAY_MAX_CONNECTIONS: String(count + OTHER_FILES),
    GATEWAY_WAIT_MAX_SECONDS: String(WAIT_SECONDS),
  });
  progress.step(`gateway, waiting: ${count} clients`);
  const gateway = await startReadyGateway(options, subjects.apiKey);
  let clients: readonly WaitingClient[] = [];
  try {
    const ids = await submitAll(gateway, count);
    clients = await connectAll(gateway, ids);
    await sleep(SETTLE_MS);
    const before = cpuSeconds(gateway.pid);
    await sleep(plan.idleSeconds * 1000);
    const idleShare = (cpuSeconds(gateway.pid) - before) / plan.idleSeconds;
    const early = clients.filter((client) => client.answered).length;
    if (early > 0)
      throw new Error(
        `${early} of ${count} clients were answered before there was a result: ${clients.find((client) => client.answered)?.text}`,
      );

    const channel = await connection.createConfirmChannel();
    const gatewayBefore = cpuSeconds(gateway.pid);
    const benchBefore = process.cpuUsage();
    const sentAt = ids.map((id) => {
      const { content, options: properties } = resultMessage(id, 'SUCCESS');
      channel.sendToQueue(STREAMS.results, content, properties);
      return performance.now();
    });
    await channel.waitForConfirms();
    const answeredAt = await Promise.all(clients.map((client) => client.answeredAt));
    const { user, system } = process.cpuUsage(benchBefore);
    const gatewaySeconds = cpuSeconds(gateway.pid) - gatewayBefore;
    await channel.close();
    const waits = answeredAt.map((at, index) => at - (sentAt[index] ?? 0));
    const figures: WaiterFigures = {
      clients: count,
      idleShare,
      p50Ms: quantile(waits, 0.5),
      maxMs: quantile(waits, 1),
      cpuMicros: (gatewaySeconds * 1_000_000) / count,
      benchCpuMicros: (user + system) / count,
    };
    progress.measured(
      `${(idleShare * 100).toFixed(1)} % of a core idle, last answer after ${Math.round(figures.maxMs)} ms (${Math.round(figures.cpuMicros)} µs an answer)`,
    );
    return figures;
  } finally {
    for (const client of clients) client.close();
    await gateway.stop();
  }
};
