// What activities of one worker share: a model that is being fetched, and one session for each device.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type Services } from '../../activities/services.ts';
import { createHub } from '../../hub/create-hub.ts';
import type { Hub } from '../../hub/hub.ts';
import { readHubSettings } from '../../hub/settings.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';

const MODEL = 'hf:fixtures/tiny-llama';
const log = () => undefined;

describe.skipIf(!hasMirror)(`the services of a worker${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let folder: string;
  let hub: Hub;
  let services: Services;
  const signal = new AbortController().signal;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tstar-services-'));
    hub = createHub({ ...readHubSettings(process.env), cacheFolder: folder, fetch, log });
    services = createServices({ store: undefined as never, hub, log });
  });
  afterEach(async () => {
    await services.close();
    rmSync(folder, { recursive: true });
  });

  it('go on with a fetch whose first asker was cancelled', async () => {
    const cancelled = new AbortController();
    let asked = 0;
    const slow: Hub = {
      ...hub,
      // The first asker's fetch hangs until it is cancelled.
      fetchFile: async (file, options) => {
        asked++;
        if (options.signal !== cancelled.signal) return hub.fetchFile(file, options);
        return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true }));
      },
    };
    const shared = createServices({ store: undefined as never, hub: slow, log });
    const first = shared.modelFiles(MODEL, cancelled.signal);
    const second = shared.modelFiles(MODEL, signal);
    await expect.poll(() => asked).toBeGreaterThan(0);
    cancelled.abort(new Error('the first run was cancelled'));
    await expect(first).rejects.toThrow('the first run was cancelled');
    expect((await second).config).toMatchObject({ model_type: 'llama' });
  });

  it('keep a session between calls, and close it for another on its device', async () => {
    const options = { precision: 'float32', device: 'cpu', signal } as const;
    const session = await services.openModel(MODEL, options);
    expect(await services.openModel(MODEL, options)).toBe(session);
    // All at once, as activities ask: each but the last is closed.
    const [int8, int4] = await Promise.all(
      (['int8', 'int4'] as const).map((precision) => services.openModel(MODEL, { ...options, precision })),
    );
    const read = async (opened: typeof session) => {
      for await (const _ of opened.capture({ prompts: [{ prompt: 0, ids: [1, 2, 3] }] }, { signal })) return 'answers';
      return 'nothing';
    };
    expect(await read(int4!)).toBe('answers');
    for (const closed of [session, int8!]) await expect(read(closed)).rejects.toThrow('was closed');
    // One of another device is not in its way.
    await services.openModel(MODEL, { ...options, device: 'cuda' });
    expect(await read(int4!)).toBe('answers');
  });
});
