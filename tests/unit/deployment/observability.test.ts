import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { parse, parseAllDocuments } from 'yaml';
import { silentLogger, systemClock } from '../../../runtime';
import { createGatewayCore } from '../../../server/bootstrap';
import { loadServerConfig, serverConfigSchema } from '../../../server/config';
import { workerConfigSchema } from '../../../workers/config';
import { REPOSITORY, readText } from './docker-files';

/** Names the gateway counts under, with those that a histogram is queried by. */
async function countedNames(): Promise<ReadonlySet<string>> {
  const config = loadServerConfig({
    RABBITMQ_ENABLED: 'true',
    RABBITMQ_MANAGEMENT_ENABLED: 'true',
    METRICS_OPEN: 'true',
  });
  const { listener } = createGatewayCore({ config, logger: silentLogger(), clock: systemClock });
  const { text } = await request(listener).get('/metrics').expect(200);
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({
    name,
    type,
  }));
  return new Set(
    types.flatMap(({ name, type }) =>
      type === 'histogram' ? ['_bucket', '_count', '_sum'].map((part) => name + part) : [name],
    ),
  );
}

/** Names of metrics in a query; what is before a parenthesis is a function, what is in braces are labels. */
function namesIn(query: string): readonly string[] {
  const bare = query.replaceAll(/\{[^}]*\}/g, '').replaceAll(/"[^"]*"/g, '');
  return [...bare.matchAll(/\b((?:celery|nodejs|process)_[a-z0-9_]+)\b(?!\s*\()/g)].map(
    ([, name = '']) => name,
  );
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Board {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
    readonly targets: readonly { readonly refId: string; readonly expr: string }[];
  }[];
}

const ruleFiles = readdirSync(join(REPOSITORY, 'deploy', 'prometheus')).filter((name) =>
  name.endsWith('.yml'),
);
const rules = ruleFiles.flatMap((file) =>
  (
    parse(readText(`deploy/prometheus/${file}`)) as {
      readonly groups: readonly { readonly rules: readonly Rule[] }[];
    }
  ).groups.flatMap((group) => group.rules),
);
const board = JSON.parse(readText('deploy/grafana/celery-gateway.json')) as Board;

let counted: ReadonlySet<string>;

beforeAll(async () => {
  counted = await countedNames();
});

describe('the alert rules', () => {
  test('are told apart, and each says how bad it is and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const rule of rules) {
      expect(['info', 'warning', 'critical']).toContain(rule.labels.severity);
      expect(rule.annotations.summary).not.toBe('');
      expect(rule.annotations.description).not.toBe('');
      if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+[smhd]$/);
    }
  });

  test('are about gateways alone: Prometheus scrapes other things too', () => {
    for (const { expr } of rules) expect(expr).not.toMatch(/\bup\b(?!\{job)/);
  });

  test('ask for nothing that the gateway does not count', () => {
    const asked = rules.flatMap(({ expr }) => namesIn(expr));
    expect(asked.length).toBeGreaterThan(rules.length / 2);
    expect(asked.filter((name) => !counted.has(name))).toEqual([]);
  });
});

describe('the Grafana board', () => {
  test('asks for nothing that the gateway does not count', () => {
    const asked = board.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr)));
    expect(asked.length).toBeGreaterThanOrEqual(board.panels.length);
    expect(asked.filter((name) => !counted.has(name))).toEqual([]);
  });

  test('has panels of its own that fit on the grid, over the variables it uses', () => {
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    for (const { gridPos, targets, title } of board.panels) {
      expect([title, gridPos.x + gridPos.w <= 24]).toEqual([title, true]);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
    const used = [...JSON.stringify(board.panels).matchAll(/\$\{?([a-z]+)\b/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(board.templating.list.map(({ name }) => name)));
  });
});

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly [probe: string]: unknown;
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: object;
        readonly containers: readonly [Container];
      };
    };
  };
}

const manifest = (name: string): readonly Workload[] =>
  parseAllDocuments(readText(`deploy/kubernetes/${name}.yml`)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Workload;
  });

describe.each(['gateway', 'worker'])('the Kubernetes manifest of the %s', (name) => {
  const all = manifest(name);
  const deployment = all.find(({ kind }) => kind === 'Deployment') as Workload;
  const { containers, securityContext, terminationGracePeriodSeconds } = deployment.spec.template.spec;
  const [container] = containers;
  const settings = Object.fromEntries(container.env.map((one) => [one.name, one.value ?? '']));

  test('sets only what there is, to values it takes', () => {
    const schema = name === 'gateway' ? serverConfigSchema : workerConfigSchema;
    const known = Object.keys(schema.describe().keys as object);
    expect(Object.keys(settings).filter((setting) => !known.includes(setting))).toEqual([]);
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
    if (name === 'gateway') expect(() => loadServerConfig(given)).not.toThrow();
  });

  test('runs without privileges, within bounds', () => {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources.requests).toMatchObject({
      cpu: expect.any(String),
      memory: expect.any(String),
    });
    expect(container.resources.limits).toMatchObject({ memory: expect.any(String) });
  });

  test('is given longer to stop than it may take', () => {
    const stopMs = Number(
      settings.GATEWAY_STOP_DEADLINE_MS ?? Number(settings.CELERY_WORKER_SHUTDOWN_TIMEOUT) * 1000,
    );
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(stopMs);
    expect(Number(settings.GATEWAY_DRAIN_DELAY_MS ?? 0)).toBeLessThan(stopMs);
  });
});

test('the gateway on Kubernetes is probed where it answers, with more patience than its canary', () => {
  const [{ spec }] = manifest('gateway') as [Workload];
  const [container] = spec.template.spec.containers;
  expect(container).toMatchObject({
    startupProbe: { httpGet: { path: '/health/live', port: 'http' } },
    livenessProbe: { httpGet: { path: '/health/live', port: 'http' } },
    readinessProbe: { httpGet: { path: '/health/ready', port: 'http' } },
  });
  const canaryMs = Number(container.env.find(({ name }) => name === 'READINESS_CANARY_TIMEOUT_MS')?.value);
  const { timeoutSeconds } = container.readinessProbe as { readonly timeoutSeconds: number };
  expect(timeoutSeconds * 1000).toBeGreaterThan(canaryMs);
});

test('workers on Kubernetes are scaled by the age of the oldest task, a metric there is', () => {
  const scaler = manifest('worker').find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  expect(scaler).toMatchObject({
    apiVersion: 'autoscaling/v2',
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'celery-worker' },
      metrics: [
        { type: 'External', external: { metric: { name: 'celery_queue_oldest_message_age_seconds' } } },
      ],
    },
  });
  expect(counted.has('celery_queue_oldest_message_age_seconds')).toBe(true);
});
