// A real Temporal server for one test file: free ports, a SQLite file in a temporary folder, gone afterwards.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHubSettings } from '../../hub/settings.ts';
import { connect, type OpenClient } from '../../temporal/connection.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../temporal/embedded-server.ts';
import { findServer } from '../../temporal/find-server.ts';

export interface DevServer {
  readonly home: string;
  readonly server: EmbeddedServer;
  readonly open: OpenClient;
  stop(): Promise<void>;
}

export async function startDevServer(dynamicConfig: readonly string[] = []): Promise<DevServer> {
  const home = await mkdtemp(join(tmpdir(), 'tstar-server-'));
  const server = await startEmbeddedServer({ home, ports: await freePorts(), findProgram, log: quiet, lifetime: 'own', dynamicConfig });
  const open = await connect(server.target);
  const stop = async (): Promise<void> => {
    await open.close();
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
  return { home, server, open, stop };
}

/** The machine's own program, or as the product gets it (about 4 minutes with Go, once per machine). */
export async function findProgram(): Promise<string> {
  return findServer({ cacheFolder: readHubSettings().cacheFolder, log: (line) => process.stderr.write(`${line}\n`) });
}

export async function freePorts(): Promise<{ readonly server: number; readonly ui: number }> {
  const [server, ui] = await Promise.all([freePort(), freePort()]);
  return { server, ui };
}

async function freePort(): Promise<number> {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { port: number };
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

export function quiet(): void {}
