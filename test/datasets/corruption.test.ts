// Random damage to Parquet files of questions: every answer is rows of text or a UserError that names the file.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, expect, it } from 'vitest';
import { openQuestionReader } from '../../datasets/question-file.ts';
import { UserError } from '../../formats/user-error.ts';
import { damageBytes, mulberry32 } from '../formats/damage.ts';

const CASES = 500;
const work = mkdtempSync(join(tmpdir(), 'tstar-parquet-'));
/** Such files take milliseconds; one that makes the decoder loop is given up soon. */
const reader = openQuestionReader({ limitMs: 1500 });
afterAll(async () => {
  await reader.close();
  rmSync(work, { recursive: true });
});

const texts = (name: string) => Array.from({ length: 30 }, (_, i) => `${name} ${i} ${'x'.repeat(i)}`);
const written = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'question', data: texts('q'), type: 'STRING' },
      { name: 'answer', data: texts('a'), type: 'STRING' },
    ],
  }),
);
const shipped = readFileSync(resolve(import.meta.dirname, '../../datasets/word-problems/test.parquet'));

it.each([
  ['anywhere', written, written.length, false],
  ['anywhere in the shipped questions', shipped, shipped.length, false],
  ['in the metadata at the end', written, 400, true],
] as const)(`${CASES} files, damaged %s`, async (_, file, within, atEnd) => {
  const path = join(work, 'damaged.parquet');
  const random = mulberry32(12);
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    const damaged = atEnd ? damageEnd(file, random, within) : damageBytes(file, random, within);
    writeFileSync(path, damaged);
    try {
      for (const { question, answer } of await reader.read(path)) expect([typeof question, typeof answer]).toEqual(['string', 'string']);
    } catch (error) {
      expect(error, `case ${i}: ${(error as Error).stack}`).toBeInstanceOf(UserError);
      expect((error as Error).message).toMatch(/^\S+damaged\.parquet: \S/);
      expect((error as Error).message).not.toContain('\n');
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(CASES / 10);
});

function damageEnd(file: Uint8Array, random: () => number, within: number): Uint8Array {
  const end = file.subarray(file.length - within);
  return Buffer.concat([file.subarray(0, file.length - within), damageBytes(end, random)]);
}
