// The fixture run as DashboardData: made by fixtures/make.mjs, checked by the record's own schema.
import { readFileSync } from 'node:fs';
import { runRecordSchema } from '../../artifacts/run-record.ts';
import type { DashboardData } from '../../dashboards/data.ts';

export function fixtureRun(): DashboardData {
  const data = JSON.parse(readFileSync(new URL('./fixtures/run.json', import.meta.url), 'utf8'));
  return { ...data, record: runRecordSchema.parse(data.record) };
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
