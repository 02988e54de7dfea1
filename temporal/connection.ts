// A client's connection to a Temporal server, which answers within seconds or says what to do. Where a server listens, and
// what it wants to see, is a ServerTarget. Loads nothing native: commands that only look stay quick.
import { Client, Connection } from '@temporalio/client';
import { TransientError, UserError } from '../formats/user-error.ts';
import type { ServerTarget } from './settings.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface OpenClient {
  readonly client: Client;
  readonly target: ServerTarget;
  close(): Promise<void>;
}

export async function connect(target: ServerTarget): Promise<OpenClient> {
  try {
    const options = { address: target.address, ...(target.security as object) };
    const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_TIMEOUT_MS });
    await refuseUnknownNamespace(connection, target);
    return { client: new Client({ connection, namespace: target.namespace }), target, close: () => connection.close() };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unreachable(target, cause);
  }
}

async function refuseUnknownNamespace(connection: Connection, { namespace, address }: ServerTarget): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    // gRPC status 5: not found. Whoever may not ask can still work there.
    if (grpcCode(error) !== 5) return;
    await connection.close();
    throw new UserError(
      `the Temporal server at ${address} has no namespace ${namespace}; set TEMPORAL_NAMESPACE to one that it has, or create it there (temporal operator namespace create)`,
    );
  }
}

/** A failed call as people read it; anything that is no connection problem is passed through. */
export function explainCall(target: ServerTarget, error: unknown): unknown {
  // gRPC status codes: 4 deadline exceeded, 14 unavailable.
  const code = grpcCode(error);
  return code === 4 || code === 14
    ? new TransientError(`the Temporal server at ${target.address} does not answer; the run is kept there`, { cause: error })
    : error;
}

/** Status of the gRPC call that failed, also where the client wrapped it; null for any other error. */
export function grpcCode(error: unknown): number | null {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = (at as Error & { code?: unknown }).code;
    if (typeof code === 'number') return code;
  }
  return null;
}

export function unreachable(target: ServerTarget, cause: unknown): UserError {
  const text = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  // The native client prints its error's structure; its innermost message is the reason.
  const reason = /message: "([^"]+)"/.exec(text)?.[1] ?? text;
  return new UserError(
    `no Temporal server answers at ${target.address} (${reason}); start one (tstar up), or set TEMPORAL_ADDRESS to one that runs, or unset it to use the embedded one`,
    { cause },
  );
}
