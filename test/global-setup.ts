// Once per test run, what takes minutes on a new machine, through the product into the user's cache: the Temporal server's
// program, and the default model. Tests that need the model find its folder in TSTAR_TEST_SMOLLM2 and skip with a message
// where it could not be had.
import { createHub } from '../hub/create-hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import { fetchModel } from '../models/fetch-model.ts';
import { findServer } from '../temporal/find-server.ts';
import { readSettings } from '../temporal/settings.ts';

const LIMIT_MS = 300_000;

const log = (text: string): void => void process.stderr.write(`${text}\n`);

export default async function setup(): Promise<void> {
  await getServer();
  if (process.env.TSTAR_TEST_SMOLLM2 === undefined) await getModel();
}

/** Without it the tests that need a server fail with this same reason. */
async function getServer(): Promise<void> {
  const { cluster } = readSettings();
  const { cacheFolder } = readHubSettings();
  if (cluster === null) await findServer({ cacheFolder, log }).catch((error: Error) => log(error.message));
}

async function getModel(): Promise<void> {
  try {
    const hub = createHub({ ...readHubSettings(process.env), fetch, log });
    const { folder } = await fetchModel('smollm2-135m-instruct', { hub, signal: AbortSignal.timeout(LIMIT_MS), onProgress: log });
    process.env.TSTAR_TEST_SMOLLM2 = folder;
  } catch (error) {
    log(`tests on SmolLM2 will be skipped: ${error instanceof Error ? error.message : String(error)}`);
  }
}
