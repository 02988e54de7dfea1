// A Parquet file with the text columns `question` and `answer` -> its rows. Whatever is wrong with the file (cut off, no
// Parquet, other columns, empty cells) is the user's: one line that names the file and what it holds instead.
import { TransientError, UserError } from '../formats/user-error.ts';
import type { Question } from './canonical-rows.ts';

const COLUMNS = ['question', 'answer'] as const;

/** Runs where it can be ended: a damaged file may never be done. */
export async function decodeQuestions(path: string): Promise<readonly Question[]> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const file = await readable(path, () => asyncBufferFromFile(path));
  const metadata = await readable(path, () => parquetMetadataAsync(file));
  const present = parquetSchema(metadata).children.map((column) => column.element.name);
  const missing = COLUMNS.filter((name) => !present.includes(name));
  if (missing.length > 0) {
    throw new UserError(
      `${path}: lacks the column ${missing.join(' and ')}; it has ${present.join(', ') || 'none'}. Rename its columns to question and answer`,
    );
  }
  const rows = await readable(path, () => parquetReadObjects({ file, metadata, columns: [...COLUMNS] }));
  return rows.map((row, index) => checkRow(path, row, index));
}

async function readable<Value>(path: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') throw new UserError(`${path}: no such file, or not to be read (${code})`, { cause: error });
    if (code !== undefined && /^E[A-Z]+$/.test(code))
      throw new TransientError(`${path}: cannot be read now (${message})`, { cause: error });
    throw new UserError(`${path}: cannot be read as Parquet (${message}); it may be cut off, fetch it again`, { cause: error });
  }
}

function checkRow(path: string, row: Record<string, unknown>, index: number): Question {
  const { question, answer } = row;
  if (typeof question === 'string' && typeof answer === 'string') return { question, answer };
  const [name, value] = typeof question === 'string' ? ['answer', answer] : ['question', question];
  throw new UserError(`${path}: row ${index}: ${name} is ${value === null || value === undefined ? 'empty' : typeof value}, expected text`);
}
