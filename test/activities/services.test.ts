// What activities of one worker share: a model that is being fetched, and one session for each device.
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServices, type Services } from '../../activities/services.ts';
import { createHub } from '../../hub/create-hub.ts';
import type { Hub } from '../../hub/hub.ts';
import { readHubSettings } from '../../hub/settings.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import type { ModelSource } from '../../pipelines/sources.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';

const MODEL = 'hf:fixtures/tiny-llama';
const log = () => undefined;

describe.skipIf(!hasMirror)(`the services of a worker${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let folder: string;
  let hub: Hub;
  let services: Services;
  let source: ModelSource;
  const signal = new AbortController().signal;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tstar-services-'));
    hub = createHub({ ...readHubSettings(process.env), cacheFolder: folder, fetch, log });
    services = createServices({ store: undefined as never, hub, log });
    source = await resolveModel(MODEL, { hub, signal });
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
    const first = shared.modelFiles(source, 'engine', cancelled.signal);
    const second = shared.modelFiles(source, 'engine', signal);
    await expect.poll(() => asked).toBeGreaterThan(0);
    cancelled.abort(new Error('the first run was cancelled'));
    await expect(first).rejects.toThrow('the first run was cancelled');
    expect((await second).config).toMatchObject({ model_type: 'llama' });
  });

  it('keep a session between calls, and close it for another on its device', async () => {
    const options = { precision: 'float32', device: 'cpu', signal } as const;
    const session = await services.openModel(source, options);
    expect(await services.openModel(source, options)).toBe(session);
    // All at once, as activities ask: each but the last is closed.
    const [int8, int4] = await Promise.all(
      (['int8', 'int4'] as const).map((precision) => services.openModel(source, { ...options, precision })),
    );
    const read = async (opened: typeof session) => {
      for await (const _ of opened.capture({ prompts: [{ prompt: 0, ids: [1, 2, 3] }] }, { signal })) return 'answers';
      return 'nothing';
    };
    expect(await read(int4!)).toBe('answers');
    for (const closed of [session, int8!]) await expect(read(closed)).rejects.toThrow('was closed');
    // One of another device is not in its way.
    await services.openModel(source, { ...options, device: 'cuda' });
    expect(await read(int4!)).toBe('answers');
  });

  it('refuse a folder whose files are others by now than the plan was made of', async () => {
    const model = join(folder, 'model');
    cpSync(inMirror('fixtures/tiny-llama'), model, { recursive: true });
    const planned = await resolveModel(model, { hub, signal });
    await services.modelFiles(planned, 'engine', signal);
    // Another model's weights of the same shapes, put in their place at once, as a training script does.
    const weights = join(model, 'model.safetensors');
    const bytes = readFileSync(weights);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(`${weights}.new`, bytes);
    renameSync(`${weights}.new`, weights);
    await expect(services.openModel(planned, { precision: 'float32', device: 'cpu', signal })).rejects.toThrow(
      /model is another one now: the run was planned with engine [0-9a-f]{12}, its files here make [0-9a-f]{12}; start the run again/,
    );
    // Its tokenizer is the planned one still, and the next plan has the new weights.
    expect((await services.modelFiles(planned, 'tokenizer', signal)).folder).toBe(model);
    const next = await resolveModel(model, { hub, signal });
    expect(next.digests.engine).not.toBe(planned.digests.engine);
    expect((await services.modelFiles(next, 'engine', signal)).folder).toBe(model);
  });
});
