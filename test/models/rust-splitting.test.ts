// Ids of texts with digits and white space of every kind, as the Rust library behind Python's transformers gives them.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTokenizer } from '../../models/tokenizer.ts';

const golden = JSON.parse(readFileSync(join(import.meta.dirname, 'golden/splitting.json'), 'utf8')) as {
  name: string;
  tokenizer: unknown;
  cases: { text: string; ids: number[] }[];
}[];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tstar-splitting-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(golden)('$name', async ({ name, tokenizer: json, cases }) => {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, 'tokenizer.json'), JSON.stringify(json));
  const tokenizer = await openTokenizer(home);
  expect(cases.map(({ text }) => ({ text, ids: tokenizer.encode(text) }))).toEqual(cases);
});
