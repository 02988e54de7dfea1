// Reads the golden values that golden/make-golden.py wrote.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'golden', name), 'utf8')) as T;
}
