import { GatewayError } from '../errors';
import { type ManagedConnection, type ManagementClient, requiredManagement } from '../messaging';

export interface ConnectionServiceDeps {
  /** Undefined without the management API. */
  readonly management: Pick<ManagementClient, 'connections' | 'closeConnection'> | undefined;
}

/** Who is connected to the virtual host. Without the management API all methods throw MANAGEMENT_NOT_CONFIGURED. */
export class ConnectionService {
  constructor(private readonly deps: ConnectionServiceDeps) {}

  list(): Promise<readonly ManagedConnection[]> {
    return requiredManagement(this.deps.management, 'Listing connections').connections();
  }

  /** Closes a client's connection. @throws GatewayError CONNECTION_NOT_FOUND, also for one of another virtual host. */
  async close(name: string, reason: string): Promise<void> {
    const management = requiredManagement(this.deps.management, 'Closing a connection');
    const isHere = (await management.connections()).some((connection) => connection.name === name);
    if (isHere && (await management.closeConnection(name, reason))) return;
    throw new GatewayError('CONNECTION_NOT_FOUND', `There is no connection ${name}.`);
  }
}
