// Names to digests and files: catalogue, mirror repositories, folders; and what is said of broken ones.
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { createHub } from '../../hub/create-hub.ts';
import { modelCatalog } from '../../models/catalog.ts';
import { fetchModel } from '../../models/fetch-model.ts';
import { resolveModel } from '../../models/resolve-model.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';

const work = mkdtempSync(join(tmpdir(), 'tstar-models-'));
afterAll(() => rmSync(work, { recursive: true }));

const signal = new AbortController().signal;
let fetches = 0;
/** No network: a server that is asked counts, and refuses. */
const fetch = async () => {
  fetches++;
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
};
const openHub = (mirror: string) =>
  createHub({
    mirrors: [mirror],
    endpoint: 'http://127.0.0.1:9',
    token: undefined,
    cacheFolder: join(work, 'cache'),
    fetch,
    log: () => {},
  });

describe('the catalogue', () => {
  it('resolves without asking anybody', async () => {
    fetches = 0;
    const source = await resolveModel('smollm2-135m-instruct', { hub: openHub(work), signal });
    expect(source).toMatchObject({ eosIds: [2], origin: 'catalog smollm2-135m-instruct', config: { num_hidden_layers: 30 } });
    expect(new Set(Object.values(source.digests)).size).toBe(3);
    for (const digest of Object.values(source.digests)) expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(fetches).toBe(0);
  });

  const converted = process.env.TSTAR_TEST_SMOLLM2 ?? '';
  it.skipIf(converted === '')('says what the conversion writes (TSTAR_TEST_SMOLLM2 names the converted folder)', async () => {
    const hub = openHub(work);
    const [listed, folder] = await Promise.all(['smollm2-135m-instruct', converted].map((name) => resolveModel(name, { hub, signal })));
    expect(listed?.digests).toEqual(folder?.digests);
    expect(listed?.config).toEqual(folder?.config);
  });

  it('suggests the nearest name', async () => {
    await expect(resolveModel('smollm2-135-instruct', { hub: openHub(work), signal })).rejects.toThrow(
      /unknown; did you mean smollm2-135m-instruct\?/,
    );
    await expect(fetchModel('smolm2', { hub: openHub(work), signal })).rejects.toBeInstanceOf(UserError);
  });

  it('refuses a file with another checksum', async () => {
    const mirror = join(work, 'wrong');
    const { gguf } = modelCatalog['smollm2-135m-instruct']!;
    const file = join(mirror, gguf.repository, gguf.path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'GGUF and nothing more');
    const hub = openHub(mirror);
    const { sha256, sizeBytes, ...place } = gguf;
    await expect(hub.fetchFile({ ...place, sha256, sizeBytes: 21 }, { signal })).rejects.toThrow(/b179c9523d0e.*found/s);
    await expect(hub.fetchFile({ ...place, sha256, sizeBytes }, { signal })).rejects.toThrow(/98362432 bytes, found 21/);
  });
});

describe.skipIf(!hasMirror)(`repositories and folders (${NO_MIRROR} where skipped)`, () => {
  const tiny = inMirror('fixtures/tiny-llama');

  it('gives a repository of the mirror and the same folder the same digests', async () => {
    const hub = openHub(inMirror());
    const repository = await resolveModel('hf:fixtures/tiny-llama', { hub, signal });
    const folder = await resolveModel(tiny, { hub, signal });
    expect(repository.digests).toEqual(folder.digests);
    expect(repository).toMatchObject({ name: 'hf:fixtures/tiny-llama', eosIds: [2], config: { model_type: 'llama' } });
  });

  it('knows an exported graph beside the weights of a folder, which is no part of the engine', async () => {
    const hub = openHub(inMirror());
    const copy = mkdtempSync(join(work, 'beside-'));
    cpSync(tiny, copy, { recursive: true });
    const alone = await resolveModel(copy, { hub, signal });
    expect(alone.exportBeside).toBeUndefined();
    mkdirSync(join(copy, 'onnx'));
    writeFileSync(join(copy, 'onnx/model.onnx'), 'a graph');
    const beside = await resolveModel(copy, { hub, signal });
    expect(beside).toMatchObject({ digests: alone.digests, exportBeside: createHash('sha256').update('a graph').digest('hex') });
  });

  it('tells apart weights, tokenizer and EOS', async () => {
    const hub = openHub(inMirror());
    const before = (await resolveModel(tiny, { hub, signal })).digests;
    const change = async (file: string, text: string) => {
      const copy = mkdtempSync(join(work, 'copy-'));
      cpSync(tiny, copy, { recursive: true });
      writeFileSync(join(copy, file), text);
      return (await resolveModel(copy, { hub, signal })).digests;
    };
    expect(await change('chat_template.jinja', 'other')).toEqual({ ...before, tokenizer: expect.not.stringMatching(before.tokenizer) });
    expect(await change('generation_config.json', '{"eos_token_id":[2,0]}')).toEqual({
      ...before,
      generation: expect.not.stringMatching(before.generation),
    });
    const config = readFileSync(join(tiny, 'config.json'), 'utf8').replace('1e-06', '1e-05');
    expect(await change('config.json', config)).toEqual({ ...before, engine: expect.not.stringMatching(before.engine) });
  });

  it('fetches what lies in a mirror folder without a copy, shards in order', async () => {
    const hub = openHub(inMirror());
    const files = await fetchModel('hf:fixtures/tiny-llama3-sharded', { hub, signal });
    expect(files.folder).toBe(inMirror('fixtures/tiny-llama3-sharded'));
    expect(files.weights.map((file) => basename(file))).toEqual(['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']);
    expect(files.config).toMatchObject({ model_type: 'llama' });
  });

  it('says in one line what is wrong with a folder', async () => {
    const hub = openHub(inMirror());
    const copy = join(work, 'broken');
    cpSync(tiny, copy, { recursive: true });
    truncateSync(join(copy, 'model.safetensors'), 300_000);
    await expect(fetchModel(copy, { hub, signal })).rejects.toThrow(
      /model\.safetensors: tensor \S+: data_offsets end at \d+, the file has \d+ bytes/,
    );
    rmSync(join(copy, 'model.safetensors'));
    await expect(fetchModel(copy, { hub, signal })).rejects.toThrow(/broken: has no model\.safetensors/);
    rmSync(join(copy, 'config.json'));
    await expect(fetchModel(copy, { hub, signal })).rejects.toThrow(/broken: has no config\.json/);
    await expect(fetchModel(join(work, 'nothing'), { hub, signal })).rejects.toThrow(/no such folder/);
    await expect(resolveModel('hf:justone', { hub, signal })).rejects.toThrow(/expected hf:owner\/name/);
  });

  it.each([
    ['genai-tiny-llama-fp32', 'model.onnx', ['model.onnx', 'model.onnx.data']],
    ['optimum-tiny-llama', 'onnx/model.onnx', ['onnx/model.onnx']],
  ])(
    'takes %s, which has a graph and no safetensors, for an export; every byte that it needs is in its digest',
    async (name, graph, needed) => {
      const hub = openHub(inMirror());
      const folder = inMirror('fixtures', name);
      const source = await resolveModel(folder, { hub, signal });
      expect(source).toMatchObject({ config: {}, eosIds: [2], exported: { graph: expect.stringMatching(/^[0-9a-f]{64}$/) } });
      expect(source.exported!.fusedSites.length).toBe(name.startsWith('genai') ? 3 : 0);
      expect((await resolveModel(`hf:fixtures/${name}`, { hub, signal })).digests).toEqual(source.digests);
      expect(await fetchModel(`hf:fixtures/${name}`, { hub, signal })).toEqual({
        folder,
        config: {},
        weights: [],
        exported: join(folder, graph),
      });
      for (const file of needed) {
        const copy = mkdtempSync(join(work, 'export-'));
        cpSync(folder, copy, { recursive: true });
        const bytes = readFileSync(join(copy, file));
        // In a graph the name of its producer, of weights the last byte.
        const producer = Math.max(bytes.indexOf('pytorch'), bytes.indexOf('onnxruntime-genai'));
        bytes[file === graph ? producer : bytes.length - 1]! ^= 1;
        chmodSync(join(copy, file), 0o644);
        writeFileSync(join(copy, file), bytes);
        const changed = (await resolveModel(copy, { hub, signal })).digests;
        expect(changed).toEqual({ ...source.digests, engine: expect.not.stringMatching(source.digests.engine) });
      }
    },
  );

  it('names the sources that do not have a repository', async () => {
    await expect(resolveModel('hf:fixtures/tiny-lama', { hub: openHub(inMirror()), signal })).rejects.toThrow(/fixtures\/tiny-lama/);
  });
});
