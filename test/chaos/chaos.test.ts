// A run that is disturbed in every way that we know of ends in the same units, objects and results as one that nobody disturbs.
// In `npm test` the short form, each fault once; `npm run test:chaos` strikes by the dozen.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { startDisturbed } from './disturbed-run.ts';
import { deleteObject, type Fault, fillDisk, flipBit, killClient, killServer, killSession, killWorker } from './faults.ts';
import { type Calm, chaosCommand, type Row, renderRows, runCalm, runDisturbed } from './scenario.ts';

const isFull = process.env.TSTAR_CHAOS === 'full';
const command = chaosCommand(isFull ? ['promptCount=10', 'drawCount=4'] : ['promptCount=3', 'drawCount=2']);

const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);
const SHORT: readonly (readonly Fault[])[] = [[killWorker, deleteObject, killSession, flipBit, fillDisk, killServer]];
const FULL: readonly (readonly Fault[])[] = [
  times(20, killWorker),
  times(3, killServer),
  times(10, killSession),
  times(3, fillDisk),
  times(10, flipBit),
  times(10, deleteObject),
  times(2, killClient),
];

describe.skipIf(!hasMirror)(`a disturbed run${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let calm: Calm;
  const rows: Row[] = [];
  beforeAll(async () => {
    calm = await runCalm(command);
  });
  afterAll(() => void process.stdout.write(`\n${renderRows(rows)}`));

  it.each((isFull ? FULL : SHORT).map((faults) => [nameOf(faults), faults] as const))(
    '%s',
    async (_, faults) => {
      rows.push(...(await runDisturbed(command, calm, faults)));
    },
    600_000,
  );

  it.runIf(isFull)(
    'two clients that start it at once compute it once',
    async () => {
      const [row] = await runDisturbed(command, calm, [], 2);
      rows.push({ ...row!, fault: 'two clients at once', times: 1 });
    },
    600_000,
  );

  it.runIf(isFull)(
    'on a disk that damages all that is written: one clear error, and the next run heals it',
    async () => {
      const run = await startDisturbed(command);
      try {
        run.setDisk('corrupt', 'on');
        const [{ code, stdout, stderr } = { code: null, stdout: '', stderr: '' }] = await run.end();
        expect(code, stderr).not.toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({
          status: 'failed',
          error: { kind: 'run', problems: [{ what: expect.stringMatching(/lost from the store.*tstar cache verify$/) }] },
        });
        run.setDisk('corrupt', 'off');
        const healed = await run.again();
        expect(healed.code, healed.stderr).toBe(0);
        expect(JSON.parse(healed.stdout).results).toEqual(calm.results);
        rows.push({ fault: 'disk that damages every object', times: 1, recovered: 'one error', redone: 0, mayRedo: 0, recoveryMs: [] });
      } finally {
        await run.remove();
      }
    },
    600_000,
  );
});

function nameOf(faults: readonly Fault[]): string {
  return [...new Set(faults.map(({ name }) => name))].join(', ');
}
