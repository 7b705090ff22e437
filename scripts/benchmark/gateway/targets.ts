import type { Target } from '../targets';
import type { GatewayFigures } from './index';

type Judge = (name: string, value: number, better: Target['better'], limit: number) => Target;

const REPLAY_SECONDS_PER_MILLION = 60;

/** What the project promises of its gateway. */
export const gatewayTargets = (figures: GatewayFigures, target: Judge): readonly Target[] => {
  const { submit, batch, waiters, history } = figures;
  const perSecond = (subject: keyof typeof batch): number => batch[subject].perSecond;
  return [
    target('gateway, submit at 64 connections / bare Express', submit.gateway / submit.bare, 'higher', 0.5),
    target("gateway, submit at 64 connections / Flower's", submit.gateway / submit.flower, 'higher', 3),
    target('batch as JSON / raw confirms', perSecond('json') / perSecond('raw'), 'higher', 0.8),
    target('batch as NDJSON / raw confirms', perSecond('ndjson') / perSecond('raw'), 'higher', 0.8),
    target(`${waiters.clients} waiting clients, share of a core`, waiters.idleShare, 'lower', 0.05),
    target(
      `${waiters.clients} waiting clients, ms from result to last answer`,
      waiters.maxMs,
      'lower',
      2_000,
    ),
    target(`list query over ${history.tasks} tasks, p95 ms`, history.listP95Ms, 'lower', 50),
    target(`memory with ${history.tasks} tasks in history, MiB`, history.rssMiB, 'lower', 350),
    target(
      `replay at start, seconds for ${history.replayed} records`,
      history.replaySeconds,
      'lower',
      REPLAY_SECONDS_PER_MILLION,
    ),
  ];
};
