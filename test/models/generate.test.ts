import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GeneratedTokens, GenerateRequest, Generation } from '../../models/engine.ts';
import { type GenerateOptions, type GenerationEngine, generate } from '../../models/generate.ts';
import { partName } from '../../models/graph/decode-attention.ts';
import { parseModelConfig } from '../../models/graph/model-config.ts';
import { readWeights } from '../../models/graph/weights.ts';
import { openGraphSession } from '../../models/runtime/session.ts';

const mirror = (process.env.TSTAR_MIRRORS ?? '').split(',').find((folder) => existsSync(join(folder, 'fixtures/tiny-llama')));
const MODELS = ['tiny-llama', 'tiny-qwen2-bf16', 'tiny-llama3-sharded', 'tiny-qwen3'];
const request = { seed: 3, replicate: 0, eosIds: [] };

describe.skipIf(mirror === undefined)('generate (needs the mirror of tiny models: TSTAR_MIRRORS)', () => {
  it.each(MODELS)('continues greedily as PyTorch does: %s', async (name) => {
    const { engine, reference, eosIds } = await tinyModel(name);
    const sequences = reference.prompts.map(({ input_ids: ids }, prompt) => ({ prompt, ids, temperature: 0 }));
    const found = await collect(engine, { ...request, maxNewTokens: 24, sequences }, { suppressIds: eosIds });
    expect(found.map(({ ids }) => ids)).toEqual(reference.prompts.map(({ greedy }) => greedy));
  });

  it.each(['tiny-llama', 'tiny-qwen2-bf16'])('gives a sequence the same bits whatever shares its batch: %s', async (name) => {
    const { engine } = await tinyModel(name);
    const sequences = [1, 2, 40, 63, 130, 290].flatMap((length, prompt) =>
      [0, 0.7, 1, 1.3].slice(0, 1 + (prompt % 4)).map((temperature) => ({ prompt, ids: someIds(length, prompt), temperature })),
    );
    const everything: GenerateRequest = { ...request, maxNewTokens: 40, sequences };
    const together = await tailsBySequence(engine, everything);
    for (const sequence of sequences) {
      const alone = await tailsBySequence(engine, { ...everything, sequences: [sequence] });
      expect(together.get(nameOf(sequence))).toEqual(alone.get(nameOf(sequence)));
    }
  });

  it.each(MODELS)('gives the same tokens at any prompts, batch size, neighbours and order: %s', async (name) => {
    const { engine } = await tinyModel(name);
    const one = fc.record({ length: fc.integer({ min: 1, max: 60 }), prompt: fc.nat(3), temperature: fc.constantFrom(0, 0.6, 1, 1.4) });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 2, maxLength: 6 }), fc.integer({ min: 1, max: 6 }), async (drawn, batchSize) => {
        const sequences = drawn.map(({ length, prompt, temperature }) => ({ prompt, ids: someIds(length, length), temperature }));
        const whole: GenerateRequest = { ...request, eosIds: [7, 87, 167, 247], maxNewTokens: 36, sequences };
        const sorted = (found: readonly Generation[]) => found.map((generation) => JSON.stringify(generation)).sort();
        const together = sorted(await collect(engine, whole));
        expect(sorted(await collect(engine, { ...whole, sequences: sequences.toReversed() }, { batchSize }))).toEqual(together);
        const alone = [];
        for (const sequence of sequences) alone.push(...(await collect(engine, { ...whole, sequences: [sequence] })));
        expect(sorted(alone)).toEqual(together);
      }),
      { numRuns: 2, seed: 11 },
    );
  });

  it('gives the same tokens at any batch size and order, while finished sequences leave', async () => {
    const { engine } = await tinyModel('tiny-llama');
    const sequences = [70, 3, 200, 3].flatMap((length, prompt) =>
      [0.6, 1, 1.4].map((temperature) => ({ prompt, ids: someIds(length, length), temperature })),
    );
    const eosIds = Array.from({ length: 6 }, (_, i) => 80 * i + 7);
    const whole: GenerateRequest = { ...request, eosIds, maxNewTokens: 100, sequences };
    const expected = byName(await collect(engine, whole));
    expect(new Set([...expected.values()].map(({ ids }) => Math.ceil(ids.length / 32))).size).toBeGreaterThan(2);
    for (const generation of expected.values()) expectEnded(generation, eosIds, 100);
    for (const batchSize of [1, 2, 5])
      expect(byName(await collect(engine, { ...whole, sequences: sequences.toReversed() }, { batchSize }))).toEqual(expected);
  });

  it('draws from coordinates: temperature is none of them, seed, prompt and replicate are', async () => {
    const { engine } = await tinyModel('tiny-llama');
    const draw = async (change: Partial<GenerateRequest>, prompt = 0) => {
      const sequences = [{ prompt, ids: [5, 6, 7], temperature: 1 }];
      return (await collect(engine, { ...request, maxNewTokens: 8, sequences, ...change }))[0]!.ids;
    };
    const ids = await draw({});
    expect(await draw({})).toEqual(ids);
    for (const other of [await draw({ seed: 4 }), await draw({ replicate: 1 }), await draw({}, 1)]) expect(other).not.toEqual(ids);
  });

  it('stops between blocks and says how far it is', async () => {
    const { engine } = await tinyModel('tiny-llama');
    const notes: string[] = [];
    const counts: unknown[] = [];
    const sequences = [{ prompt: 0, ids: [5, 6, 7], temperature: 1 }];
    const progress = (note: string, tokens?: GeneratedTokens) => {
      notes.push(note);
      counts.push(tokens);
    };
    const options = { progress, shouldStop: () => notes.length >= 3 };
    expect(await collect(engine, { ...request, maxNewTokens: 500, sequences }, options)).toEqual([]);
    expect(notes).toEqual(['1 prompts read', '32 of 500 tokens, 1 sequences', '64 of 500 tokens, 1 sequences']);
    const open = { ended: 0, open: 1, most: 500 };
    expect(counts).toEqual([0, 32, 64].map((done) => ({ done, left: 500 - done, ...open })));
  });

  it('refuses what it cannot continue, in one line', async () => {
    const { engine } = await tinyModel('tiny-llama');
    const with1 = (change: object) => ({ ...request, maxNewTokens: 8, sequences: [{ prompt: 4, ids: [1], temperature: 1, ...change }] });
    await expect(collect(engine, with1({ ids: [] }))).rejects.toThrow('prompt 4 has no tokens');
    await expect(collect(engine, with1({ ids: [512] }))).rejects.toThrow("token 512 is not in the model's vocabulary of 512");
    await expect(collect(engine, with1({ temperature: -1 }))).rejects.toThrow('temperature -1; expected 0 (greedy) or more');
    await expect(collect(engine, { ...with1({}), maxNewTokens: 1024 })).rejects.toThrow("exceed the model's 1024 positions");
    await expect(collect(engine, { ...with1({}), maxNewTokens: 0 })).rejects.toThrow('maxNewTokens is 0');
  });
});

interface Reference {
  readonly prompts: readonly { readonly input_ids: number[]; readonly greedy: number[] }[];
}

async function tinyModel(name: string): Promise<{ engine: GenerationEngine; reference: Reference; eosIds: number[] }> {
  const folder = join(mirror!, 'fixtures', name);
  const readJson = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const index = join(folder, 'model.safetensors.index.json');
  const files = existsSync(index)
    ? [...new Set<string>(Object.values(readJson('model.safetensors.index.json').weight_map))]
    : ['model.safetensors'];
  const json = readJson('config.json');
  const engine: GenerationEngine = {
    config: parseModelConfig(json),
    weights: await readWeights(files.map((file) => join(folder, file))),
    open: ({ bytes }) => openGraphSession({ bytes, folder, sizeBytes: 1e6, device: 'cpu' }),
  };
  return { engine, reference: readJson('reference.json'), eosIds: [json.eos_token_id].flat() };
}

async function collect(engine: GenerationEngine, wanted: GenerateRequest, options: GenerateOptions = {}): Promise<Generation[]> {
  const found: Generation[] = [];
  for await (const generation of generate(engine, wanted, options)) found.push(generation);
  return found;
}

/** Tokens and, of every block, the last layer's keys and values: bits that a difference in rounding cannot hide in. */
async function tailsBySequence(engine: GenerationEngine, wanted: GenerateRequest): Promise<Map<string, unknown[]>> {
  const tails: Float32Array[][] = [];
  const recording: GenerationEngine = {
    ...engine,
    open: async (built) => {
      const session = await engine.open(built);
      const run: typeof session.run = async (...args) => {
        const outputs = await session.run(...args);
        for (const kind of ['key', 'value'] as const) {
          const tail = outputs[partName('tail', kind, engine.config.layerCount - 1)];
          if (tail === undefined) continue;
          const size = tail.data.length / tail.dims[0]!;
          for (let row = 0; row < tail.dims[0]!; row++)
            tails[row] = [...(tails[row] ?? []), (tail.data as Float32Array).slice(row * size, (row + 1) * size)];
        }
        return outputs;
      };
      return { ...session, run };
    },
  };
  const found = await collect(recording, wanted);
  return new Map(found.map((generation, row) => [nameOf(generation), [generation.ids, ...tails[row]!]]));
}

function nameOf({ prompt, temperature }: { readonly prompt: number; readonly temperature: number }): string {
  return `${prompt} at ${temperature}`;
}

function byName(generations: readonly Generation[]): Map<string, Generation> {
  return new Map(
    generations.map((generation): [string, Generation] => [nameOf(generation), generation]).sort(([a], [b]) => a.localeCompare(b)),
  );
}

function expectEnded({ ids, finish }: Generation, eosIds: readonly number[], maxNewTokens: number): void {
  expect(ids.slice(0, -1).some((id) => eosIds.includes(id))).toBe(false);
  if (finish === 'eos') expect(eosIds).toContain(ids.at(-1));
  else expect(ids.length).toBe(maxNewTokens);
}

/** Ids that differ from prompt to prompt. */
function someIds(length: number, salt: number): number[] {
  return Array.from({ length }, (_, i) => (i * 37 + salt * 101 + 11) % 512);
}
