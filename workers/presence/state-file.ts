import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LamportClock } from '../../celery/protocol';
import type { Clock, Logger } from '../../runtime';
import type { RevokedTasks } from '../intake';

const FORMAT = 'celery-gateway worker state';
const VERSION = 1;
/** A burst of revokes is one write. */
const SAVE_AFTER_MS = 500;

interface SavedState {
  readonly clock: number;
  readonly revoked: readonly string[];
  readonly stamps: Readonly<Record<string, readonly unknown[]>>;
}

export interface StateFileDeps {
  readonly path: string;
  readonly revoked: RevokedTasks;
  readonly lamport: LamportClock;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * What a worker must still know after a restart: revoked tasks and its logical clock (celery/worker/state.py `Persistent`).
 * The format is our own JSON. Written soon after each change, not only at the end: a killed worker must not run what was
 * revoked.
 */
export class StateFile {
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly deps: StateFileDeps) {}

  /** @throws Error when there is a file that is no state of ours: it is not overwritten */
  async start(): Promise<void> {
    const { path, revoked, lamport } = this.deps;
    const saved = await read(path);
    if (saved !== null) {
      revoked.add(saved.revoked);
      for (const [header, values] of Object.entries(saved.stamps)) revoked.addStamps(header, values);
      lamport.adjust(saved.clock);
    }
    // Written once at once: a path that cannot be written is a mistake to hear of now.
    await this.write();
    revoked.onChange = () => this.saveSoon();
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.deps.revoked.onChange = () => undefined;
    this.save();
    await this.writing;
  }

  private saveSoon(): void {
    this.timer ??= setTimeout(() => this.save(), SAVE_AFTER_MS);
  }

  private save(): void {
    this.timer = undefined;
    this.writing = this.writing
      .then(() => this.write())
      .catch((error: unknown) => {
        this.deps.logger.error('the state file was not written', { path: this.deps.path, error });
      });
  }

  /** Beside it and then in its place: a crash leaves the old state or the new one, never half of it. */
  private async write(): Promise<void> {
    const { path, revoked, lamport, clock } = this.deps;
    const { ids, stamps } = revoked.state();
    const state = { format: FORMAT, version: VERSION, saved_at: new Date(clock.now()).toISOString() };
    const text = JSON.stringify({ ...state, clock: lamport.value, revoked: ids, revoked_stamps: stamps });
    const draft = `${path}.${process.pid}.tmp`;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(`${text}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  }
}

async function read(path: string): Promise<SavedState | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null || text === '') return null;
  const state = parsed(text);
  if (state === null)
    throw new Error(`${path} is not a state file of this worker; remove it, or name another`);
  return state;
}

function parsed(text: string): SavedState | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value.format !== FORMAT || value.version !== VERSION) return null;
  const { clock, revoked, revoked_stamps: stamps } = value;
  if (typeof clock !== 'number' || !Array.isArray(revoked) || !isRecord(stamps)) return null;
  return {
    clock,
    revoked: revoked.map(String),
    stamps: Object.fromEntries(
      Object.entries(stamps).map(([header, values]) => [header, Array.isArray(values) ? values : [values]]),
    ),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
