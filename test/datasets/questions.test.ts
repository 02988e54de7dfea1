// Names to rows: what a preference resolves to, what is checked, and what each kind of bad dataset says.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extractTruth } from '../../datasets/answers.ts';
import { rowsDigest } from '../../datasets/canonical-rows.ts';
import { catalog } from '../../datasets/catalog.ts';
import { parseDatasetName } from '../../datasets/dataset-name.ts';
import { loadQuestions } from '../../datasets/load-questions.ts';
import { promptMessages } from '../../datasets/prompts.ts';
import type { QuestionHub } from '../../datasets/question-hub.ts';
import { resolveDataset } from '../../datasets/resolve-dataset.ts';
import { TransientError, UserError } from '../../formats/user-error.ts';

const mirror = process.env.TSTAR_MIRRORS?.split(',')[0] ?? 'no mirror';
const signal = new AbortController().signal;

/** A hub that is a folder laid out like the hub's mirrors; counts what is asked of it. */
function folderHub(root: string) {
  const asked = { locate: 0, fetch: 0 };
  const pathOf = (file: { repository: string; path: string }) => join(root, 'datasets', file.repository, file.path);
  const hub: QuestionHub = {
    async list({ repository }) {
      const files = join(root, 'datasets', repository);
      if (!existsSync(files)) throw new TransientError(`${repository}: cannot be had`);
      const paths = readdirSync(files, { recursive: true, encoding: 'utf8' });
      return paths.map((path) => ({ path, sizeBytes: statSync(join(files, path)).size }));
    },
    async locate(file) {
      asked.locate += 1;
      if (!existsSync(pathOf(file))) throw new TransientError(`${file.repository}/${file.path}: cannot be had`);
      return `mirror ${root}`;
    },
    async fetch(file) {
      asked.fetch += 1;
      return pathOf(file);
    },
  };
  return { hub, asked, signal };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tstar-questions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function writeParquet(name: string, columns: Record<string, unknown[]>): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  const columnData = Object.entries(columns).map(([column, data]) => ({ name: column, data }));
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  return path;
}

describe('resolveDataset', () => {
  test('falls back to the shipped set where the hub has nothing, and says so', async () => {
    const access = folderHub('/nowhere');
    const source = await resolveDataset(['gsm8k', 'word-problems'], 'test', access);
    expect(source).toMatchObject({ name: 'word-problems', preference: ['gsm8k', 'word-problems'], split: 'test', rowCount: 48 });
    expect(source.digest).toBe(catalog['word-problems']?.splits.test?.digest);
    expect(source.origin).toBe('shipped with tstar; instead of: openai/gsm8k/main/test-00000-of-00001.parquet: cannot be had');
    expect((await loadQuestions(source, access)).length).toBe(48);
    expect(access.asked).toEqual({ locate: 1, fetch: 0 });
  });

  test('a dataset named alone never falls back', async () => {
    await expect(resolveDataset(['gsm8k'], 'test', folderHub('/nowhere'))).rejects.toThrow(TransientError);
  });

  test('a misspelt name is an error although another could be had', async () => {
    const resolved = resolveDataset(['gsm8', 'word-problems'], 'test', folderHub('/nowhere'));
    await expect(resolved).rejects.toThrow(/dataset "gsm8": unknown, did you mean gsm8k\?/);
    await expect(resolved).rejects.toBeInstanceOf(UserError);
  });

  test('a split that the dataset lacks is named with those it has', async () => {
    await expect(resolveDataset(['word-problems'], 'train', folderHub('/nowhere'))).rejects.toThrow(/no split "train"; it has test/);
  });

  test('where none can be had, every reason is told', async () => {
    const resolved = resolveDataset(['gsm8k', 'word-problems'], 'train', folderHub('/nowhere'));
    await expect(resolved).rejects.toThrow(/gsm8k, word-problems: none can be had \(.*cannot be had; .*no split "train"/);
    await expect(resolved).rejects.toBeInstanceOf(TransientError);
  });

  test('an aborted search does not go on to the next dataset', async () => {
    const controller = new AbortController();
    const access = folderHub('/nowhere');
    const locate = async () => {
      controller.abort(new Error('cancelled'));
      throw new TransientError('cut short');
    };
    const resolved = resolveDataset(['gsm8k', 'word-problems'], 'test', { hub: { ...access.hub, locate }, signal: controller.signal });
    await expect(resolved).rejects.toThrow('cancelled');
  });
});

describe('datasets on this disk', () => {
  const rows = { question: ['One?', 'Two?', 'Three?'], answer: ['#### 1', '#### 2', '#### 3'] };

  test('a file, and a folder of shards, are read in order', async () => {
    const file = writeParquet('mine.parquet', { ...rows, extra: [1, 2, 3] });
    writeParquet('shards/data/test-00000-of-00002.parquet', { question: ['One?'], answer: ['#### 1'] });
    writeParquet('shards/data/test-00001-of-00002.parquet', { question: ['Two?', 'Three?'], answer: ['#### 2', '#### 3'] });
    const access = folderHub('/nowhere');
    const expected = rows.question.map((question, row) => ({ question, answer: rows.answer[row] ?? '' }));
    for (const path of [file, join(folder, 'shards')]) {
      const source = await resolveDataset([path], 'test', access);
      expect(source).toMatchObject({ name: path, rowCount: 3, digest: rowsDigest(expected) });
      expect(await loadQuestions(source, access)).toEqual(expected);
    }
  });

  test('rows that changed since the run was planned are refused, both digests named', async () => {
    const file = writeParquet('changing.parquet', rows);
    const access = folderHub('/nowhere');
    const source = await resolveDataset([file], 'test', access);
    writeParquet('changing.parquet', { question: ['One?'], answer: ['#### 1'] });
    const loaded = loadQuestions(source, access);
    await expect(loaded).rejects.toThrow(new RegExp(`has 1 rows with digest [0-9a-f]{64}, expected 3 with ${source.digest}`));
    await expect(loaded).rejects.toBeInstanceOf(UserError);
  });

  test.each([
    ['missing', () => join(folder, 'missing.parquet'), /no such file or folder/],
    [
      'other columns',
      () => writeParquet('other.parquet', { prompt: ['a'], answer: ['b'] }),
      /other\.parquet: lacks the column question; it has prompt, answer/,
    ],
    [
      'numbers for answers',
      () => writeParquet('numbers.parquet', { question: ['a'], answer: [5] }),
      /numbers\.parquet: row 0: answer is .*, expected text/,
    ],
    [
      'empty cells',
      () => writeParquet('empty.parquet', { question: ['a', null], answer: ['b', 'c'] }),
      /empty\.parquet: row 1: question is empty, expected text/,
    ],
    ['cut off', () => cutOff(writeParquet('cut.parquet', rows)), /cut\.parquet: cannot be read as Parquet/],
    ['not Parquet', () => text('notes.parquet', 'question,answer'), /notes\.parquet: cannot be read as Parquet/],
    ['a folder without the split', () => join(writeParquet('half/train.parquet', rows), '..'), /no Parquet file for split test/],
  ])('%s: one clear line', async (_, make, message) => {
    const resolved = resolveDataset([make()], 'test', folderHub('/nowhere'));
    await expect(resolved).rejects.toThrow(message);
    await expect(resolved).rejects.toBeInstanceOf(UserError);
  });

  const text = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const cutOff = (path: string): string => {
    writeFileSync(path, readFileSync(path).subarray(0, -20));
    return path;
  };
});

describe('datasets on the hub', () => {
  test('hf:OWNER/NAME/CONFIG takes the digest from the rows; without a config the usual folders are tried', async () => {
    writeParquet('hub/datasets/someone/sums/main/test-00000-of-00001.parquet', { question: ['1 + 1?'], answer: ['#### 2'] });
    const access = folderHub(join(folder, 'hub'));
    const plain = { ...access, hub: { ...access.hub, list: () => Promise.reject(new UserError('has no lists of files')) } };
    expect(await resolveDataset(['hf:someone/sums'], 'test', plain)).toMatchObject({ rowCount: 1 });
    await expect(resolveDataset(['hf:someone/sums/other'], 'test', plain)).rejects.toThrow('has no lists of files');
    for (const name of ['hf:someone/sums/main', 'hf:someone/sums']) {
      const source = await resolveDataset([name], 'test', access);
      expect(source).toMatchObject({ name, rowCount: 1, origin: `mirror ${join(folder, 'hub')}` });
      expect(await loadQuestions(source, access)).toEqual([{ question: '1 + 1?', answer: '#### 2' }]);
    }
    await expect(resolveDataset(['hf:someone/sums/other'], 'test', access)).rejects.toThrow(
      /no test-00000-of-00001\.parquet in other\/ of someone\/sums/,
    );
  });

  test.each(['hf:', 'hf:name', 'hf:a/b/c/d'])('%s is no name', (name) => {
    expect(() => parseDatasetName(name)).toThrow(/expected hf:OWNER\/NAME/);
  });
});

describe.skipIf(!existsSync(join(mirror, 'datasets/openai/gsm8k')))(
  'GSM8K (skipped where TSTAR_MIRRORS has no datasets/openai/gsm8k)',
  () => {
    test.each([
      ['test', 1319],
      ['train', 7473],
    ])('%s: %i rows, each with a true answer, the digest of the catalogue', async (split, rowCount) => {
      const access = folderHub(mirror);
      const source = await resolveDataset(['gsm8k', 'word-problems'], split, access);
      expect(source).toMatchObject({ name: 'gsm8k', split, rowCount, origin: `mirror ${mirror}` });
      expect(access.asked.fetch).toBe(0);
      const rows = await loadQuestions(source, access);
      expect(rows.length).toBe(rowCount);
      expect(rows.filter(({ answer }) => extractTruth(answer) === '')).toEqual([]);
    });
  },
);

describe('promptMessages', () => {
  test('is the study’s one user message', () => {
    expect(promptMessages('What is 1 + 1?')).toEqual([{ role: 'user', content: 'Solve this step by step:\nWhat is 1 + 1?' }]);
  });
  test('takes the question as it is, whatever it holds', () => {
    expect(promptMessages("$& $1 {question} $'", 'Q: {question}!')).toEqual([{ role: 'user', content: "Q: $& $1 {question} $'!" }]);
  });
  test('needs a place for the question', () => {
    expect(() => promptMessages('1 + 1?', 'Solve it.')).toThrow(/lacks \{question\}/);
  });
});
