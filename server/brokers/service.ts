import type { Readiness } from '../health';
import type { Principal } from '../security/principal';

/** A broker this gateway serves. */
export interface ServedBroker {
  readonly name: string;
  /** Where its routes are. */
  readonly path: string;
  /** Whether a key may use it. */
  readonly mayUse: (principal: Principal | undefined) => boolean;
  readonly readiness: () => Promise<Readiness>;
}

export interface BrokerStatus extends Pick<ServedBroker, 'name' | 'path'> {
  readonly readiness: Readiness;
}

/** Tells which brokers this gateway serves. */
export class BrokersService {
  /** @param brokers the default one first. */
  constructor(private readonly brokers: readonly ServedBroker[]) {}

  /** Those that the caller may use, and how they are. */
  list(principal: Principal | undefined): Promise<readonly BrokerStatus[]> {
    const open = this.brokers.filter(({ mayUse }) => mayUse(principal));
    return Promise.all(
      open.map(async ({ name, path, readiness }) => ({ name, path, readiness: await readiness() })),
    );
  }
}
