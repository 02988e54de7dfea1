// Makes test.parquet from test.jsonl (one {question, answer} per line, what people edit): node datasets/word-problems/make-parquet.mjs
// The same lines give the same bytes; with --check nothing is written and the exit code says whether both files agree.
// New rows have a new digest: datasets/catalog.ts holds it, its test says which one.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';

const source = fileURLToPath(new URL('test.jsonl', import.meta.url));
const target = fileURLToPath(new URL('test.parquet', import.meta.url));

const lines = readFileSync(source, 'utf8').trimEnd().split('\n');
const rows = lines.map((line) => JSON.parse(line));
const column = (name) => ({ name, data: rows.map((row) => row[name]), type: 'STRING', nullable: false });
const columnData = [column('question'), column('answer')];
const bytes = Buffer.from(parquetWriteBuffer({ columnData, createdBy: 'tstar', statistics: false }));

if (process.argv.includes('--check')) process.exitCode = bytes.equals(readFileSync(target)) ? 0 : 1;
else writeFileSync(target, bytes);
