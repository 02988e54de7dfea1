// Where the embedded server's SQLite file may lie, and what to do where its disk has no room for it.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { diskAdvice } from '../../temporal/server-database.ts';

/** A file system that has no room for anything. */
const FULL = '/proc';

test('a disk with room is no advice', async () => {
  expect(await diskAdvice(tmpdir())).toBe('');
});

test.skipIf(!existsSync(FULL))('a full one is named with what is left, and where else to go', async () => {
  expect(await diskAdvice(FULL)).toBe('; the disk of /proc has 0 kB left: make room there, or set TSTAR_HOME to another folder');
});
