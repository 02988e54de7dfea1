// Everything that the environment says about Temporal, read in one place: the standard client configuration (TEMPORAL_ADDRESS,
// TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TLS, profiles in temporal.toml) names a real cluster; without an address the embedded
// server is used, on fixed ports so that links to its UI keep working.
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import type { QueueName } from '../pipelines/plan.ts';

export const QUEUES: readonly QueueName[] = ['tstar', 'tstar-cpu', 'tstar-cuda'];

/** What a client or worker needs to reach a server; `null` for the embedded one, whose address is known once it runs. */
export interface ServerTarget {
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and headers as the SDK wants them; empty for a plain connection. */
  readonly security: { readonly tls?: unknown; readonly apiKey?: unknown; readonly metadata?: Record<string, string> };
  /** Where people look at runs, null where nobody said. */
  readonly uiAddress: string | null;
}

export interface TemporalSettings {
  readonly cluster: ServerTarget | null;
  readonly ports: { readonly server: number; readonly ui: number };
}

type Environment = Readonly<Record<string, string | undefined>>;

export const EMBEDDED_IP = '127.0.0.1';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65535).default(fallback);
const environmentSchema = z.object({
  TSTAR_TEMPORAL_PORT: port(7233),
  TSTAR_UI_PORT: port(8233),
  TSTAR_UI_ADDRESS: z.url().optional(),
});

export function readSettings(env: Environment = process.env): TemporalSettings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== '')) as Record<string, string>;
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}=${set[String(path[0])]}: ${message}`);
    throw new UserError(`environment: ${problems.join('; ')}; correct or unset it`);
  }
  const { TSTAR_TEMPORAL_PORT, TSTAR_UI_PORT, TSTAR_UI_ADDRESS } = parsed.data;
  return {
    cluster: readCluster(set, TSTAR_UI_ADDRESS ?? null),
    ports: { server: TSTAR_TEMPORAL_PORT, ui: TSTAR_UI_PORT },
  };
}

export function embeddedTarget(ports: { readonly server: number; readonly ui: number }): ServerTarget {
  return {
    address: `${EMBEDDED_IP}:${ports.server}`,
    namespace: 'default',
    security: {},
    uiAddress: `http://${EMBEDDED_IP}:${ports.ui}`,
  };
}

function readCluster(env: Record<string, string>, uiAddress: string | null): ServerTarget | null {
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: env });
    const { address, tls, apiKey, metadata } = connectionOptions;
    if (address === undefined) return null;
    const security = {
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata: metadata as Record<string, string> }),
    };
    return { address, namespace: namespace ?? 'default', security, uiAddress };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`Temporal client configuration: ${message}; see TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE`, { cause });
  }
}
