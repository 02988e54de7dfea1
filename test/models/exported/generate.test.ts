// Continuations by exported graphs: greedy as PyTorch's, drawn as the graph that is built here draws, and the same whatever is
// asked for beside them.
import { afterAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, Generation } from '../../../models/engine.ts';
import { type ForwardEngine, openForwardEngine } from '../../../models/forward-engine.ts';
import { hasMirror, inMirror, NO_MIRROR, readJson } from '../../mirror.ts';
import { all, tinyFiles } from '../reference-model.ts';

const EXPORTS = [
  { name: 'optimum-tiny-llama', graph: 'onnx/model.onnx', original: 'tiny-llama', isExact: true },
  { name: 'optimum-tiny-qwen2-bf16', graph: 'onnx/model.onnx', original: 'tiny-qwen2-bf16', isExact: true },
  { name: 'genai-tiny-llama-fp32', graph: 'model.onnx', original: 'tiny-llama', isExact: true },
  // Four bits a weight: another model.
  { name: 'genai-tiny-qwen2-int4', graph: 'model.onnx', original: 'tiny-qwen2-bf16', isExact: false },
] as const;
const options = { precision: 'float32', device: 'cpu' } as const;
const request = { seed: 3, replicate: 0, eosIds: [] };

describe.skipIf(!hasMirror)(`generation by exports (${hasMirror ? 'fixtures of two exporters' : NO_MIRROR})`, () => {
  const open: ForwardEngine[] = [];
  afterAll(async () => {
    for (const engine of open) await engine.close();
  });
  const openExport = async ({ name, graph }: (typeof EXPORTS)[number]): Promise<ForwardEngine> => {
    const files = { folder: inMirror('fixtures', name), config: {}, weights: [], exported: inMirror('fixtures', name, graph) };
    open.push(await openForwardEngine(files, options));
    return open.at(-1)!;
  };
  const promptsOf = (original: string) =>
    readJson<{ prompts: { input_ids: number[]; greedy: number[] }[] }>(inMirror('fixtures', original, 'reference.json')).prompts;
  const collect = (engine: ForwardEngine, wanted: GenerateRequest, suppressIds: number[] = []): Promise<Generation[]> =>
    all(engine.generate(wanted, { suppressIds }));

  it.each(EXPORTS.filter(({ isExact }) => isExact))('$name continues greedily as PyTorch does', async (which) => {
    const engine = await openExport(which);
    const prompts = promptsOf(which.original);
    const { eos_token_id } = readJson<{ eos_token_id: number | number[] }>(inMirror('fixtures', which.original, 'config.json'));
    const sequences = prompts.map(({ input_ids: ids }, prompt) => ({ prompt, ids, temperature: 0 }));
    const found = await collect(engine, { ...request, maxNewTokens: 24, sequences }, [eos_token_id].flat());
    expect(found.map(({ ids }) => ids)).toEqual(prompts.map(({ greedy }) => greedy));
  });

  it.each(EXPORTS.filter(({ isExact }) => isExact))('$name draws what the built graph draws', async (which) => {
    const sequences = [0.7, 1.2].map((temperature) => ({ prompt: 5, ids: [5, 6, 7], temperature }));
    const wanted = { ...request, maxNewTokens: 8, sequences };
    const built = await openForwardEngine(tinyFiles(which.original), options);
    open.push(built);
    expect(await collect(await openExport(which), wanted)).toEqual(await collect(built, wanted));
  });

  it.each(EXPORTS)('$name gives a sequence the same tokens whatever is asked for beside it, and stops at EOS', async (which) => {
    const engine = await openExport(which);
    const sequences = [9, 3, 9].flatMap((length, prompt) =>
      [0, 0.8, 1.5].map((temperature) => ({ prompt, ids: Array.from({ length }, (_, i) => 3 + ((i * 37) % 200)), temperature })),
    );
    const wanted = { ...request, eosIds: Array.from({ length: 40 }, (_, i) => 12 * i + 7), maxNewTokens: 20, sequences };
    const key = ({ prompt, temperature }: { prompt: number; temperature: number }) => `${prompt} ${temperature}`;
    const together = new Map((await collect(engine, wanted)).map((generation) => [key(generation), generation]));
    expect(together.size).toBe(sequences.length);
    for (const { ids, finish } of together.values()) {
      expect(ids.slice(0, -1).some((id) => wanted.eosIds.includes(id))).toBe(false);
      expect(finish).toBe(wanted.eosIds.includes(ids.at(-1)!) ? 'eos' : 'length');
    }
    for (const sequence of sequences.toReversed())
      expect(await collect(engine, { ...wanted, sequences: [sequence] })).toEqual([together.get(key(sequence))]);
  });

  it('refuses what it cannot continue', async () => {
    const engine = await openExport(EXPORTS[0]);
    const sequences = [{ prompt: 4, ids: [1], temperature: 1 }];
    await expect(collect(engine, { ...request, maxNewTokens: 5000, sequences })).rejects.toThrow("exceed the model's 1024 positions");
  });
});
