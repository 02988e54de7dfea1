// Random damage to exported graphs: every answer is a checked model or a UserError that names the file; and every weight of a
// checked model lies in a file inside the model's folder, inside that file.
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, type ModelProto } from '../../../formats/onnx-proto.ts';
import { UserError } from '../../../formats/user-error.ts';
import { decodeExport } from '../../../models/exported/decode-export.ts';
import { readExport } from '../../../models/exported/read-export.ts';
import { instrument } from '../../../models/graph/instrument.ts';
import { damageBytes, mulberry32 } from '../../formats/damage.ts';
import { hasMirror, inMirror, NO_MIRROR } from '../../mirror.ts';

const CASES = 500;
const GRAPHS = ['optimum-tiny-llama/onnx/model.onnx', 'genai-tiny-llama-fp32/model.onnx', 'genai-tiny-qwen2-int4/model.onnx'];
const work = mkdtempSync(join(tmpdir(), 'tstar-onnx-'));
afterAll(() => rmSync(work, { recursive: true }));

describe.skipIf(!hasMirror)(`damaged exports (${hasMirror ? 'fixtures of two exporters' : NO_MIRROR})`, () => {
  it.each(GRAPHS)(`%s: ${CASES} damaged graphs`, (path) => {
    const file = readFileSync(inMirror('fixtures', path));
    const random = mulberry32(9);
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      const bytes = damageBytes(file, random);
      try {
        const exported = decodeExport(bytes, 'damaged.onnx');
        // What is left is fit to be written for the runtime; looked at in some, for it takes a while.
        if (i % 4 === 0)
          instrument(exported, { capture: [], noise: exported.sites.flatMap(({ name, linear }) => (linear === null ? [] : [name])) });
      } catch (error) {
        expectUserError(error, 'damaged.onnx', i);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(CASES / 4);
  });

  it(`${CASES} damaged places of weights in other files`, async () => {
    const folder = join(work, 'model');
    mkdirSync(folder);
    cpSync(inMirror('fixtures/genai-tiny-llama-fp32'), folder, { recursive: true });
    const graph = join(folder, 'model.onnx');
    const data = readFileSync(join(folder, 'model.onnx.data'));
    for (const file of [graph, `${graph}.data`]) chmodSync(file, 0o644);
    writeFileSync(join(work, 'secret'), Buffer.alloc(data.length));
    symlinkSync(join(work, 'secret'), join(folder, 'link'));
    symlinkSync(work, join(folder, 'out'));
    const original = readFileSync(graph);
    const random = mulberry32(10);
    let refused = 0;
    for (let i = 0; i < CASES; i++) {
      const model = decodeModel(original, 'model.onnx');
      for (let n = 0; n < 1 + random() * 2; n++) misplace(model, random);
      writeFileSync(graph, encodeModel(model));
      writeFileSync(`${graph}.data`, random() < 0.3 ? data.subarray(0, Math.floor(random() * data.length)) : data);
      try {
        for (const { location, offset, length } of (await readExport(graph)).external) {
          const path = realpathSync(join(folder, location));
          expect(dirname(path), `case ${i}: ${location}`).toBe(realpathSync(folder));
          expect(offset >= 0 && offset + length <= statSync(path).size, `case ${i}: ${offset} + ${length} of ${location}`).toBe(true);
        }
      } catch (error) {
        expectUserError(error, graph, i);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(CASES / 4);
  });
});

const LOCATIONS = [
  ...[
    '../secret',
    '/etc/hostname',
    'link',
    'out/secret',
    './model.onnx.data',
    'a//b',
    '.',
    '',
    '..',
    'model.onnx.data/..',
    'C:\\x',
    '\\\\host\\x',
  ],
  ...['model.onnx.data\0x', 'model.onnx', 'missing', 'file:///etc/hostname', 'model.onnx.data ', '%2e%2e/secret'],
];
const NUMBERS = [
  '-1',
  '1e3',
  '0x10',
  'NaN',
  '',
  ' 7 ',
  '99999999999999999999',
  '640767',
  '640768',
  '9007199254740991',
  '-0',
  '1.5',
  '4096',
];

/** One entry of one tensor's external_data is replaced, left out or doubled. */
function misplace({ graph }: ModelProto, random: () => number): void {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const tensor = pick(graph!.initializer!.filter(({ dataLocation }) => dataLocation === 1));
  const entry = pick(tensor.externalData!);
  const kind = Math.floor(random() * 10);
  if (kind === 0) tensor.externalData = tensor.externalData!.filter((each) => each !== entry);
  else if (kind === 1) tensor.dims = [...tensor.dims!, pick([0, 2, 2 ** 40, 2 ** 53])];
  else if (kind === 2) tensor.externalData = [...tensor.externalData!, { ...entry, value: pick(LOCATIONS) }];
  else entry.value = pick(entry.key === 'location' ? LOCATIONS : NUMBERS);
}

function expectUserError(error: unknown, file: string, i: number): void {
  expect(error, `case ${i}: ${error}`).toBeInstanceOf(UserError);
  expect((error as Error).message, `case ${i}`).toContain(file);
  expect((error as Error).message).not.toContain('\n');
}
