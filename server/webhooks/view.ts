import type { LoggedDelivery } from './delivery-log';
import type { NamedEndpoint, RevealedEndpoint } from './service';

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function isoOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : iso(epochMs);
}

export function endpointView({ id, endpoint }: NamedEndpoint): object {
  return {
    webhook_id: id,
    url: endpoint.url,
    description: endpoint.description,
    states: endpoint.states,
    task_names: endpoint.taskNames,
    queues: endpoint.queues,
    enabled: endpoint.enabled,
    disabled_reason: endpoint.disabledReason,
    signatures: endpoint.secrets.map(({ createdAt, expiresAt }) => ({
      created_at: iso(createdAt),
      expires_at: isoOrNull(expiresAt),
    })),
    created_at: iso(endpoint.createdAt),
  };
}

/** With the secret: only in the answer to who had it made. */
export function revealedView(revealed: RevealedEndpoint): object {
  return { ...endpointView(revealed), secret: revealed.secret };
}

export function deliveryView(logged: LoggedDelivery): object {
  const { delivery } = logged;
  return {
    delivery_id: delivery.id,
    webhook_id: delivery.endpointId,
    type: delivery.type,
    task_id: delivery.taskId,
    workflow_id: delivery.workflowId ?? null,
    status: logged.status,
    attempts: logged.attempts,
    last_status: logged.lastStatus,
    last_error: logged.lastError,
    duration_ms: logged.durationMs,
    created_at: iso(logged.createdAt),
    updated_at: iso(logged.updatedAt),
    next_attempt_at: isoOrNull(logged.nextAttemptAt),
  };
}
