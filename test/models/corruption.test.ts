// Random damage to the JSON files of a model: every answer is a value or a UserError that names the file. A tokenizer that can
// still be made gives ids or a UserError for every text, and text or a UserError for every id.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import type { Hub } from '../../hub/hub.ts';
import { renderChat } from '../../models/chat-template.ts';
import { readEosIds } from '../../models/eos-ids.ts';
import { fetchModel, readConfig } from '../../models/fetch-model.ts';
import { buildForward } from '../../models/graph/forward.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';
import { declaredWeights } from '../../models/graph/weights.ts';
import { openTokenizer } from '../../models/tokenizer.ts';
import { damageJson, mulberry32 } from '../formats/damage.ts';
import { hasMirror, inMirror, NO_MIRROR, readJson } from '../mirror.ts';
import { TINY_MODELS } from './reference-model.ts';

const CASES = 500;
const signal = new AbortController().signal;
/** Folders need none. */
const noHub = {} as Hub;
const work = mkdtempSync(join(tmpdir(), 'tstar-json-'));
afterAll(() => rmSync(work, { recursive: true }));

describe.skipIf(!hasMirror)(`damaged files of a model (${hasMirror ? 'tiny models' : NO_MIRROR})`, () => {
  /** Runs `read` on copies of a folder in which one file is damaged. */
  async function damaged(model: string, name: string, others: readonly string[], read: (folder: string) => Promise<void>): Promise<number> {
    const folder = join(work, model, name);
    mkdirSync(folder, { recursive: true });
    for (const other of others) writeFileSync(join(folder, other), readFileSync(inMirror('fixtures', model, other)));
    const original = readJson<unknown>(inMirror('fixtures', model, name));
    const random = mulberry32(11);
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      writeFileSync(join(folder, name), damageJson(original, random));
      try {
        await read(folder);
      } catch (error) {
        expect(error, `case ${i}: ${(error as Error).stack}`).toBeInstanceOf(UserError);
        expect((error as Error).message, `case ${i}`).toContain(folder);
        expect((error as Error).message).not.toContain('\n');
        refused++;
      }
    }
    return refused;
  }

  it.each(TINY_MODELS)(`%s: ${CASES} times config.json`, async (model) => {
    const refused = await damaged(model, 'config.json', [], async (folder) => {
      const file = join(folder, 'config.json');
      const config = parseModelConfig(await readConfig(file), file);
      if (config.layerCount < 100) buildForward(config, declaredWeights, { capture: [], noise: [] });
    });
    expect(refused).toBeGreaterThan(CASES / 4);
  });

  it.each(['tiny-llama', 'tiny-qwen2-bf16', 'r1-tokenizer'])(`%s: ${CASES} times tokenizer.json`, async (model) => {
    const others = ['tokenizer_config.json'];
    const refused = await damaged(model, 'tokenizer.json', others, async (folder) => {
      const tokenizer = await openTokenizer(folder);
      const ids = tokenizer.encode('Solve 12 + 30: naïve ½\n');
      expect(ids.every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
      expect(typeof tokenizer.decode([...ids, 3, 17, 1_000_000])).toBe('string');
    });
    expect(refused).toBeGreaterThan(CASES / 10);
  });

  it(`${CASES} times tokenizer_config.json`, async () => {
    await damaged('tiny-qwen2-bf16', 'tokenizer_config.json', ['tokenizer.json', 'chat_template.jinja'], async (folder) => {
      const tokenizer = await openTokenizer(folder);
      const text = renderChat(tokenizer, [{ role: 'user', content: 'Solve it' }]);
      expect(tokenizer.encode(text).every(Number.isInteger)).toBe(true);
    });
  });

  it(`${CASES} times the index of shards`, async () => {
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const refused = await damaged('tiny-llama3-sharded', 'model.safetensors.index.json', ['config.json', ...shards], async (folder) => {
      expect((await fetchModel(folder, { hub: noHub, signal })).weights).toHaveLength(2);
    });
    expect(refused).toBeGreaterThan(CASES / 2);
  });

  it('shards that have changed places are refused by the index', async () => {
    const folder = join(work, 'swapped');
    mkdirSync(folder);
    const from = (name: string) => readFileSync(inMirror('fixtures/tiny-llama3-sharded', name));
    for (const name of ['config.json', 'model.safetensors.index.json']) writeFileSync(join(folder, name), from(name));
    const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    writeFileSync(join(folder, first), from(second));
    writeFileSync(join(folder, second), from(first));
    await expect(fetchModel(folder, { hub: noHub, signal })).rejects.toThrow(
      `${folder}/model.safetensors.index.json: weight_map: tensor lm_head.weight shall lie in ${second}, but lies in ${first}; fetch the model again`,
    );
    writeFileSync(join(folder, first), from(first));
    await expect(fetchModel(folder, { hub: noHub, signal })).rejects.toThrow(/index\.json: tensor \S+ lies in \S+ and in \S+; fetch/);
  });

  it('what is no file is refused and not waited for', async () => {
    const folder = join(work, 'pipes');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), readFileSync(inMirror('fixtures/tiny-llama/config.json')));
    execFileSync('mkfifo', [join(folder, 'model.safetensors'), join(folder, 'tokenizer.json')]);
    mkdirSync(join(folder, 'tokenizer_config.json'));
    await expect(fetchModel(folder, { hub: noHub, signal })).rejects.toThrow(`${folder}/model.safetensors: is not a file`);
    await expect(openTokenizer(folder)).rejects.toThrow(`${folder}/tokenizer.json: is not a file`);
  });

  it(`${CASES} times generation_config.json`, async () => {
    await damaged('tiny-llama', 'generation_config.json', ['config.json', 'tokenizer.json', 'tokenizer_config.json'], async (folder) => {
      expect((await readEosIds(folder)).every((id) => Number.isInteger(id) && id >= 0)).toBe(true);
    });
  });
});
