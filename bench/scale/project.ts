// A project folder of the bench's own with an embedded server on free ports, which the real command then finds and uses.
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type OpenClient } from '../../temporal/connection.ts';
import { startEmbeddedServer } from '../../temporal/embedded-server.ts';
import { findServer } from '../../temporal/find-server.ts';
import { EMBEDDED_IP, readSettings } from '../../temporal/settings.ts';

export interface ScaleProject {
  readonly open: OpenClient;
  /** For the commands that use it. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  close(): Promise<void>;
}

export async function openScaleProject(log: (text: string) => void): Promise<ScaleProject> {
  const folder = await mkdtemp(join(tmpdir(), 'tstar-scale-'));
  const home = join(folder, '.tstar');
  const ports = { server: await freePort(), ui: await freePort() };
  const findProgram = () => findServer({ cacheFolder: readSettings().cacheFolder, log });
  const server = await startEmbeddedServer({ home, ports, findProgram, log, lifetime: 'own' });
  const open = await connect(server.target);
  return {
    open,
    folder,
    env: { ...process.env, TSTAR_HOME: home, TSTAR_TEMPORAL_PORT: String(ports.server), TSTAR_UI_PORT: String(ports.ui) },
    async close() {
      await open.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, EMBEDDED_IP, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
