import type { ManagedConnection } from '../messaging';

export function connectionView(connection: ManagedConnection): object {
  const { peer_host: host, peer_port: port, client_properties: client, connected_at: since } = connection;
  return {
    connection: connection.name,
    client_name: connection.user_provided_name ?? null,
    product: client?.product ?? null,
    user: connection.user ?? null,
    peer: host === undefined ? null : `${host}:${port}`,
    tls: connection.ssl ?? null,
    state: connection.state ?? null,
    channels: connection.channels ?? null,
    connected_at: since === undefined ? null : new Date(since).toISOString(),
  };
}
