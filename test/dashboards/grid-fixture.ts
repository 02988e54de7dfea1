// The fixture run over a matrix of seeds: noise and scores once per seed, everything above them once. The first cell is the fixture
// itself, in the others every level holds.
import { cellsOfRun } from '../../artifacts/cell-record.ts';
import { type RunRecord, runRecordSchema } from '../../artifacts/run-record.ts';
import type { DashboardData } from '../../dashboards/data.ts';
import { fixtureRun } from './fixture.ts';

/** Steps that the seed changes, by themselves or by what they read. */
const MULTIPLIED = ['noisy', 'noise-table', 'scores', 'fit'];
const SHARED = ['calibration', 'setup', 'siteNoise', 'siteShares', 'numericFloor'];

export function gridRun(seeds: readonly number[], views?: string[]): DashboardData {
  const whole = fixtureRun();
  const record = { ...whole.record, views: views ?? whole.record.views };
  const part = (fields: object, shared: boolean) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => SHARED.includes(name) === shared));
  const named = (id: string, seed: number) => (MULTIPLIED.includes(id) ? `${id}[seed=${seed}]` : id);
  const { seed: _, ...params } = record.params;
  const nodes = record.nodes.flatMap((node) =>
    MULTIPLIED.includes(node.id)
      ? seeds.map((seed) => ({
          ...node,
          id: named(node.id, seed),
          cell: { seed },
          inputs: Object.fromEntries(
            Object.entries(node.inputs).map(([name, input]) => [name, { ...input, node: named(input.node, seed) }]),
          ),
        }))
      : [node],
  );
  const cells = seeds.map((seed, i) => {
    const tStar = record.results.tStar!.map((row) => (i === 0 ? row : { ...row, verdict: 'holds' as const }));
    const sections = Object.entries(part(record.sections, false)).map(([name, section]) => [
      name,
      { ...section, node: named(section.node, seed) },
    ]);
    const { model, dataset, bos } = record;
    return {
      values: { seed },
      ...{ model, dataset, bos },
      warnings: [],
      sections: Object.fromEntries(sections),
      results: { ...part(record.results, false), tStar },
    };
  });
  const grid: RunRecord = runRecordSchema.parse({
    ...record,
    params,
    nodes,
    cells,
    sections: part(record.sections, true),
    results: part(record.results, true),
  });
  const units = whole.units!.flatMap(({ node, units: own }) =>
    MULTIPLIED.includes(node) ? seeds.map((seed) => ({ node: named(node, seed), units: own })) : [{ node, units: own }],
  );
  const { graded, tStarDraws, effectiveNoiseDraws } = whole;
  const rows = { graded: graded!, tStarDraws: tStarDraws!, effectiveNoiseDraws: effectiveNoiseDraws! };
  return {
    record: grid,
    graded: graded!,
    rowDigests: whole.rowDigests ?? {},
    units,
    cells: cellsOfRun(grid).map(({ name, texts, record: cell }) => ({
      ...rows,
      record: cell,
      label: name,
      texts,
      rowDigests: whole.rowDigests ?? {},
      units: units.filter(({ node }) => cell.nodes.some(({ id }) => id === node)),
    })),
  };
}
