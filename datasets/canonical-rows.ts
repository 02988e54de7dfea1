// What a dataset is, apart from any file: its rows in order. The digest is SHA-256 over one line of canonical JSON per row,
// [question, answer], each ended by a line feed.
import { createHash } from 'node:crypto';

export interface Question {
  readonly question: string;
  /** The worked answer; the ground truth follows `####`. */
  readonly answer: string;
}

export function rowsDigest(rows: Iterable<Question>): string {
  const hash = createHash('sha256');
  for (const { question, answer } of rows) hash.update(`${JSON.stringify([question, answer])}\n`);
  return hash.digest('hex');
}
