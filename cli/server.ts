// Which Temporal server a command talks to: the configured cluster, the project's embedded one where it runs, or (for `run`)
// one that it starts for its own lifetime.
import { UserError } from '../formats/user-error.ts';
import { readHubSettings } from '../hub/settings.ts';
import { connect, type OpenClient } from '../temporal/connection.ts';
import { findEmbeddedServer, startEmbeddedServer } from '../temporal/embedded-server.ts';
import { findServer } from '../temporal/find-server.ts';
import { serverFate } from '../temporal/server-record.ts';
import { readSettings, type ServerTarget } from '../temporal/settings.ts';

/** The server that is there; where none is, one line that says what to do. */
export async function runningServer(home: string): Promise<ServerTarget> {
  const { cluster } = readSettings();
  const target = cluster ?? (await findEmbeddedServer(home))?.target;
  if (target === undefined)
    throw new UserError(`no Temporal server of ${home} is running: start one with \`tstar up\`, or set TEMPORAL_ADDRESS`);
  return target;
}

export interface UsedServer {
  readonly open: OpenClient;
  /** `ours`: started or adopted by this command, which stops it; `theirs`: a cluster, or what `tstar up` started. */
  readonly owner: 'ours' | 'theirs';
  /** Aborted when the server is gone and this command may start it again: it crashed, or the run that had started it is over. */
  readonly gone: AbortSignal;
  stop(): Promise<void>;
}

const FATE_INTERVAL_MS = 500;

/** Connects to the server that is there, or starts the embedded one for this command's lifetime. */
export async function useServer({
  home,
  log,
  signal,
}: {
  readonly home: string;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}): Promise<UsedServer> {
  const settings = readSettings();
  if (settings.cluster !== null)
    return { open: await connect(settings.cluster), owner: 'theirs', gone: new AbortController().signal, stop: async () => undefined };
  const findProgram = () => findServer({ cacheFolder: readHubSettings().cacheFolder, log, signal });
  const server = await startEmbeddedServer({ home, ports: settings.ports, findProgram, log, lifetime: 'own', signal });
  const open = await connect(server.target).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const gone = new AbortController();
  const watch = setInterval(async () => {
    const fate = await serverFate(home, server.pid);
    if (fate !== 'serves' && server.replaceAfter.includes(fate)) gone.abort();
  }, FATE_INTERVAL_MS);
  const stop = async (): Promise<void> => {
    clearInterval(watch);
    await server.stop();
  };
  return { open, owner: server.kind === 'shared' ? 'theirs' : 'ours', gone: gone.signal, stop };
}
