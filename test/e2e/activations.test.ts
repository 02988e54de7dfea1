// The shipped pipeline activations through the command line on a tiny model: the tensors that it keeps are what its statistics say.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activationsType, type SiteStatistics, siteStatisticsType } from '../../activities/artifact-types.ts';
import { tensorStatistics } from '../../numerics/tensor-statistics.ts';
import { hasMirror, NO_MIRROR } from '../mirror.ts';
import { makeProject, type Project } from './command.ts';
import { homeOf } from './stored-units.ts';

describe.skipIf(!hasMirror)(`activations of a tiny model${hasMirror ? '' : ` (skipped: ${NO_MIRROR})`}`, () => {
  let project: Project;
  beforeAll(async () => {
    project = await makeProject();
  });
  afterAll(() => project?.remove());
  const run = (...sets: readonly string[]) =>
    project.tstar([
      ...['run', 'activations', '--set', 'model=hf:fixtures/tiny-llama', '--set', 'dataset=word-problems', '--set', 'promptCount=2'],
      ...sets.flatMap((set) => ['--set', set]),
      '--json',
    ]);

  it('keeps the tensors of the sites that globs choose, their statistics, a table and a figure', async () => {
    const { code, stdout, stderr } = await run('sites=layers.*.residual,logits', 'positions=all');
    expect(code, stderr).toBe(0);
    const { results, dashboard } = JSON.parse(stdout);
    const sites = ['layers.0.residual', 'layers.1.residual', 'layers.2.residual', 'logits'];
    expect(results.activations.map(({ site }: { site: string }) => site)).toEqual(sites);
    expect(readFileSync(dashboard, 'utf8')).toContain('data-site="layers.1.residual"');
    const units = capturedUnits(project);
    expect(units).toHaveLength(2);
    for (const { statistics, activations } of units) {
      const [rows, tensors] = [await siteStatisticsType.decode(statistics), await activationsType.decode(activations)];
      expect(Object.keys(tensors).sort()).toEqual(sites);
      expect(rows.map(({ site }) => site)).toEqual(sites);
      for (const { site, positions, width, ...row } of rows) {
        expect(tensors[site]!.shape).toEqual(site === 'logits' ? [width] : [positions, width]);
        expect(tensorStatistics(tensors[site]!.values)).toEqual(row);
      }
      expect(rows[0]!.positions).toBeGreaterThan(10);
    }
    expect(results.activations[0].std).toBeCloseTo((await stdOf(units[0]!)) / 2 + (await stdOf(units[1]!)) / 2, 10);
  }, 120_000);

  it('is refused where a glob names no site, before anything runs', async () => {
    const { code, stderr } = await run('sites=layers.*.residul');
    expect(code).toBe(2);
    expect(stderr).toContain('no site of the model matches layers.*.residul; the nearest is layers.0.residual');
  }, 60_000);
});

interface Captured {
  readonly statistics: Uint8Array;
  readonly activations: Uint8Array;
}

/** The objects of the units of capture-sites, read as files. */
function capturedUnits(project: Project): Captured[] {
  const folder = join(homeOf(project), 'manifests');
  const manifests = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => JSON.parse(readFileSync(join(entry.parentPath, entry.name), 'utf8')));
  const object = ({ digest }: { readonly digest: string }) =>
    new Uint8Array(readFileSync(join(homeOf(project), 'objects', digest.slice(0, 2), digest.slice(2))));
  return manifests
    .filter(({ components }) => components.step === 'capture-sites')
    .map(({ outputs }) => ({ statistics: object(outputs.statistics), activations: object(outputs.activations) }));
}

async function stdOf({ statistics }: Captured): Promise<number> {
  return ((await siteStatisticsType.decode(statistics)) as SiteStatistics)[0]!.std;
}
