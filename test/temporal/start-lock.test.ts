// One at a time, whatever was left: a lock whose holder has ended is taken by one of those who wait, a living holder's by nobody.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markProcess } from '../../temporal/server-record.ts';
import { withStartLock } from '../../temporal/start-lock.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tstar-lock-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const leave = (holder: unknown) => {
  mkdirSync(join(home, 'server.lock'));
  writeFileSync(join(home, 'server.lock', 'holder'), JSON.stringify(holder));
};
const dead = () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid, token: '1' });

describe('the start lock', () => {
  it.each([
    ['nothing', () => undefined],
    ['the lock of a process that has ended', () => leave(dead())],
    ['a lock that names nobody', () => leave('')],
    ['an empty folder', () => mkdirSync(join(home, 'server.lock'))],
    ['a file', () => writeFileSync(join(home, 'server.lock'), JSON.stringify(dead()))],
    [
      'a process that ended while it took such a lock away',
      () => {
        leave(dead());
        mkdirSync(join(home, 'server.lock.clearing'));
        utimesSync(join(home, 'server.lock.clearing'), 0, 0);
      },
    ],
  ])(
    'has one holder at a time over %s, and leaves nothing',
    async (_, prepare) => {
      prepare();
      let inside = 0;
      let most = 0;
      const hold = async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 20));
        inside--;
      };
      await Promise.all(Array.from({ length: 8 }, () => withStartLock(home, undefined, hold)));
      expect(most).toBe(1);
      expect(readdirSync(home)).toEqual([]);
    },
    60_000,
  );

  it('of a living process is waited for, until the wait is given up', async () => {
    leave(markProcess(process.ppid));
    const patience = new AbortController();
    const held = withStartLock(home, patience.signal, async () => 'held');
    setTimeout(() => patience.abort(new Error('given up')), 300);
    await expect(held).rejects.toThrow('given up');
    expect(readdirSync(home)).toEqual(['server.lock']);
  });

  it('is given back where the work fails', async () => {
    await expect(withStartLock(home, undefined, () => Promise.reject(new Error('no server')))).rejects.toThrow('no server');
    expect(await withStartLock(home, undefined, async () => 'held')).toBe('held');
  });

  it('is not made of a folder of somebody else’s', async () => {
    mkdirSync(join(home, 'server.lock'));
    writeFileSync(join(home, 'server.lock', 'notes.txt'), '');
    await expect(withStartLock(home, undefined, async () => 'held')).rejects.toThrow(/server\.lock is no lock: it holds notes\.txt/);
    expect(readdirSync(home)).toEqual(['server.lock']);
  });
});
