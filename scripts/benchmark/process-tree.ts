import { readFileSync } from 'node:fs';

/** What a process and its descendants hold and have used; Linux only, NaN elsewhere. */
export interface ProcessTree {
  /** Resident sets added up: pages shared by forks count once for each. */
  readonly rssMiB: number;
  /** Proportional sets: a shared page counts once in the sum. */
  readonly pssMiB: number;
}

/** `/proc` counts processor time in ticks of a hundredth of a second, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
/** Fields of `/proc/PID/stat` after the command's name, which may hold spaces itself. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
};

/** The process and all below it that live now. */
export const processTree = (pid: number): readonly number[] => [
  pid,
  ...read(pid, `task/${pid}/children`)
    .split(' ')
    .filter((child) => child.trim() !== '')
    .flatMap((child) => processTree(Number(child))),
];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const cpuSecondsOf = (pid: number): number => {
  const stat = read(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
};

/** Processor seconds, user and system, that the tree has used so far. */
export const cpuSeconds = (pid: number): number => sum(processTree(pid).map(cpuSecondsOf));

const mebibytes = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;

export const memoryOf = (pid: number): ProcessTree => {
  const rollups = processTree(pid).map((each) => read(each, 'smaps_rollup'));
  return {
    rssMiB: sum(rollups.map((text) => mebibytes(text, 'Rss'))),
    pssMiB: sum(rollups.map((text) => mebibytes(text, 'Pss'))),
  };
};
