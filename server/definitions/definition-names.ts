import { isPredefinedExchange } from '../bindings';
import { GatewayError, type InputProblem } from '../errors';
import type { NamePolicy } from '../messaging';
import type { DefinedBinding } from './document';

/** Every virtual host has it, and it binds every queue by itself. */
const DEFAULT_EXCHANGE = 'is the default exchange, which every virtual host has';

function refusalOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const [problem] = (error.details.errors ?? []) as readonly InputProblem[];
    return problem?.detail ?? error.message;
  }
}

/** Which definitions are a user's own: why one is not, or undefined. The same names are left out of a file and not taken from one. */
export class DefinitionNames {
  constructor(private readonly names: Pick<NamePolicy, 'checkQueue' | 'checkExchange'>) {}

  queue(name: string): string | undefined {
    return refusalOf(() => this.names.checkQueue(name, '/name'));
  }

  exchange(name: string): string | undefined {
    return name === '' ? DEFAULT_EXCHANGE : refusalOf(() => this.names.checkExchange(name, '/name'));
  }

  binding({ source, destination, destination_type: type }: DefinedBinding): string | undefined {
    const from = isPredefinedExchange(source) ? undefined : this.exchange(source);
    const to = type === 'queue' ? this.queue(destination) : this.exchange(destination);
    if (from !== undefined) return `its source ${from}`;
    return to === undefined ? undefined : `its destination ${to}`;
  }
}
