// The fixture run as DashboardData: made by fixtures/make.mjs, checked by the record's own schema.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type RunRecord, runRecordSchema } from '../../artifacts/run-record.ts';
import { hasData } from '../../dashboards/build.ts';
import type { DashboardData } from '../../dashboards/data.ts';
import type { NodeUnits, RunUnit } from '../../dashboards/units.ts';
import type { View } from '../../dashboards/views/view.ts';

export function fixtureRun(): DashboardData {
  const read = (file: string) => JSON.parse(readFileSync(new URL(`./fixtures/${file}`, import.meta.url), 'utf8'));
  const data = read('run.json');
  // A few layers of runs of noise-by-site and of activations on SmolLM2-135M-Instruct, and a numeric floor with every kind of row.
  const sections = ['site-noise.json', 'numeric-floor.json', 'activations.json'].map(read);
  const results = Object.assign({}, data.record.results, ...sections);
  return { ...data, record: runRecordSchema.parse({ ...data.record, results }), units: unitsOf(data) };
}

/** The units behind the fixture's rows, each with a digest of its own. */
function unitsOf({ record, effectiveNoiseDraws, tStarDraws, graded }: DashboardData): readonly NodeUnits[] {
  const prompts = [...new Set(graded!.map(({ prompt }) => prompt))].map((prompt) => ({ prompt }));
  const places: { readonly [node: string]: readonly RunUnit['coordinates'][] } = {
    questions: prompts,
    prompts,
    hidden: prompts,
    responses: graded!.map(({ prompt, temperature }) => ({ prompt, temperature })),
    noisy: effectiveNoiseDraws!.map(({ prompt, draw, scale }) => ({ prompt, draw, scale })),
    scores: tStarDraws!.map(({ prompt, draw, noise }) => ({ prompt, draw, noise })),
  };
  return record.nodes.map(({ id }) => ({
    node: id,
    units: (places[id] ?? [{}]).map((coordinates) => ({
      coordinates,
      outputs: {
        result: createHash('sha256')
          .update(`${id} ${JSON.stringify(coordinates)}`)
          .digest('hex'),
      },
    })),
  }));
}

/** A run of temperature-calibration on SmolLM2 and 48 questions of GSM8K, its machine and addresses replaced. */
export function calibrationRun(): DashboardData {
  const data = JSON.parse(readFileSync(new URL('./fixtures/calibration-run.json', import.meta.url), 'utf8'));
  return { record: runRecordSchema.parse(data.record) };
}

/** A run of each shipped pipeline by its name, with the results that it has. */
export function shippedRuns(): Readonly<Record<string, DashboardData>> {
  const { record } = fixtureRun();
  const { siteNoise, numericFloor, activations, ...study } = record.results;
  const tables = (pipeline: string, results: RunRecord['results']): DashboardData => ({
    record: {
      ...record,
      pipeline,
      results,
      sections: Object.fromEntries(Object.keys(results).map((name) => [name, { node: 'fit', output: name }])),
    },
  });
  return {
    'effective-noise': { ...fixtureRun(), record: { ...record, results: { ...study, numericFloor } } },
    'temperature-calibration': calibrationRun(),
    'noise-by-site': tables('noise-by-site', {
      siteNoise: [...siteNoise!, ...siteNoise!.map((row) => ({ ...row, scale: 0.125 }))],
      numericFloor,
    }),
    'numeric-floor': tables('numeric-floor', { numericFloor }),
    activations: tables('activations', { activations }),
  };
}

/** The fixture that has what a view draws. */
export function fixtureFor(view: View): DashboardData {
  const data = [fixtureRun(), calibrationRun(), cancelledRun()].find((run) => hasData(view, run));
  if (data === undefined) throw new RangeError(`no fixture has what ${view.name} draws`);
  return data;
}

/** A run that stopped before its tables. */
export function failedRun(): DashboardData {
  const { record } = fixtureRun();
  const { calibration } = record.results;
  return {
    record: {
      ...record,
      status: 'failed',
      error: 'scores: the session ended with signal 9 <b>',
      results: calibration === undefined ? {} : { calibration },
      nodes: record.nodes.map((node) =>
        node.id === 'fit' || node.id === 'scores' ? { ...node, index: null, computed: 0, shards: [] } : node,
      ),
    },
  };
}

/** A run that was cancelled in its scores: the draws that are there as rows, every third cell missing, and no tables. */
export function cancelledRun(): DashboardData {
  const whole = fixtureRun();
  const { record } = failedRun();
  const isThere = ({ prompt, draw }: { readonly prompt?: number | string; readonly draw?: number | string }) =>
    (Number(prompt) + Number(draw)) % 3 !== 0;
  return {
    record: { ...record, status: 'cancelled', error: null },
    tStarDraws: whole.tStarDraws!.filter((draw) => isThere(draw)),
    units: whole.units!.map(({ node, units }) => ({
      node,
      units: units.map((unit) => (node === 'scores' && !isThere(unit.coordinates) ? { ...unit, outputs: null } : unit)),
    })),
  };
}
