// A weight that is no number ends every verb in an error that names file, tensor and place; a GGUF file with such a scale is
// not converted.
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { blockTypes } from '../../formats/gguf-blocks.ts';
import { decodeModel, encodeModel } from '../../formats/onnx-proto.ts';
import { decodeSafetensors, type Tensor } from '../../formats/safetensors.ts';
import { capture } from '../../models/capture.ts';
import type { ModelFiles } from '../../models/engine.ts';
import { readExport } from '../../models/exported/read-export.ts';
import { type ForwardEngine, openForwardEngine } from '../../models/forward-engine.ts';
import { inject } from '../../models/inject.ts';
import { score } from '../../models/score.ts';
import { findNotFinite } from '../../numerics/find-not-finite.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../mirror.ts';
import { all, modelFiles, TINY_MODELS } from './reference-model.ts';

const work = mkdtempSync(join(tmpdir(), 'tstar-broken-'));
afterAll(() => rmSync(work, { recursive: true }));
const options = { precision: 'float32', device: 'cpu' } as const;
const NAN_BYTES: Partial<Record<Tensor['dtype'], number[]>> = { F32: [0, 0, 0xc0, 0x7f], F16: [0, 0x7e], BF16: [0xc0, 0x7f] };
const ids = [3, 1, 4, 1, 5, 9];
const hiddenLast = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(i));

/** Every verb that the tensor takes part in. */
const verbs: Record<string, (engine: ForwardEngine) => Promise<unknown>> = {
  capture: (engine) => all(capture(engine, { prompts: [{ prompt: 0, ids }] })),
  inject: (engine) => all(inject(engine, { seed: 1, noise: 'shared', groups: [{ prompt: 0, ids, draw: 0, scales: [0.1] }] })),
  score: (engine) => {
    const group = { prompt: 0, positions: 6, hiddenLast: hiddenLast(engine.hiddenSize), hiddenStd: 1, draw: 0, noises: [0.1] };
    return all(score(engine, { seed: 1, noise: 'shared', tBase: 1, temperatures: [1], groups: [group] }));
  },
  generate: (engine) => {
    const sequences = [{ prompt: 0, ids, temperature: 1 }];
    return all(engine.generate({ seed: 1, replicate: 0, maxNewTokens: 4, eosIds: [], sequences }, {}));
  },
};

function copyOf(name: string): string {
  const folder = join(mkdtempSync(join(work, 'model-')), name);
  cpSync(inMirror('fixtures', name), folder, { recursive: true });
  return folder;
}

function overwrite(file: string, at: number, bytes: readonly number[]): void {
  chmodSync(file, 0o644);
  const content = readFileSync(file);
  content.set(bytes, at);
  writeFileSync(file, content);
}

async function expectRefused(files: ModelFiles, names: readonly string[], message: string): Promise<void> {
  for (const name of names) {
    const engine = await openForwardEngine(files, options);
    await expect(verbs[name]!(engine), name).rejects.toThrow(message);
    await engine.close();
  }
}

describe.skipIf(!hasMirror)(`weights that are no numbers (${hasMirror ? 'tiny models' : NO_MIRROR})`, () => {
  it.each(TINY_MODELS)('%s', async (model) => {
    for (const [tensor, affected] of [
      ['model.layers.0.mlp.down_proj.weight', ['capture', 'inject', 'generate']],
      ['model.norm.weight', ['capture', 'inject', 'generate']],
      ['lm_head.weight', ['score', 'generate']],
    ] as const) {
      const files = modelFiles(copyOf(model));
      for (const file of files.weights) {
        const content = readFileSync(file);
        const found = decodeSafetensors(content).tensors.get(tensor);
        if (found === undefined) continue;
        overwrite(file, found.bytes.byteOffset - content.byteOffset + NAN_BYTES[found.dtype]!.length * 7, NAN_BYTES[found.dtype]!);
        await expectRefused(files, affected, `${file}: tensor ${tensor} holds NaN at element 7; the file is damaged, fetch it again`);
      }
    }
  });

  it('a scale of an export’s blocks, in the file beside it', async () => {
    const folder = copyOf('genai-tiny-qwen2-int4');
    const exported = join(folder, 'model.onnx');
    const { external } = await readExport(exported);
    const scales = external.find(({ tensor }) => /layers\.1.*down_proj.*scale/.test(tensor))!;
    overwrite(join(folder, scales.location), scales.offset + 4 * 3, NAN_BYTES.F32!);
    const message = `${join(folder, scales.location)}: tensor ${scales.tensor} holds NaN at element 3`;
    await expectRefused({ folder, config: {}, weights: [], exported }, ['capture', 'inject'], message);
  });

  it('a weight inside an export’s own file', async () => {
    const folder = copyOf('optimum-tiny-llama');
    const exported = join(folder, 'onnx/model.onnx');
    const model = decodeModel(readFileSync(exported), exported);
    const tensor = model.graph!.initializer!.find(({ dims }) => dims?.join() === '64,128')!;
    tensor.rawData = Uint8Array.from(tensor.rawData!);
    tensor.rawData.set(NAN_BYTES.F32!, 4 * 9);
    chmodSync(exported, 0o644);
    writeFileSync(exported, encodeModel(model));
    await expectRefused(
      { folder, config: {}, weights: [], exported },
      ['capture'],
      `${exported}: tensor ${tensor.name} holds NaN at element 9`,
    );
  });
});

it('every block type of GGUF shows a scale that is no number in its values', () => {
  for (const { name, values, sizeBytes, decode } of blockTypes) {
    const target = new Float32Array(values);
    // All ones is NaN wherever a type keeps its scale.
    decode(new Uint8Array(sizeBytes).fill(0xff), target);
    expect(findNotFinite(target), name).toBeDefined();
  }
});
