// `tstar plan`: every step of a pipeline with hits and misses, as far down as hits go, and why the first miss is one. Reads
// the store and looks for sources; downloads, writes and runs nothing.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compilePipeline } from '../activities/compile-pipeline.ts';
import { planSteps } from '../activities/plan-steps.ts';
import { type UnitRecord, unitRecord } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import type { FileOperations } from '../artifacts/stores/atomic-write.ts';
import { diskError, errorCode } from '../artifacts/stores/disk-error.ts';
import { openFolderStore } from '../artifacts/stores/folder.ts';
import { findHome } from '../temporal/home.ts';
import { type GivenOnCommandLine, loadRequest } from './pipeline-request.ts';
import { planMarkdown, planText, totalPrice } from './plan-text.ts';
import { log, openHub, printJson } from './workplace.ts';

export interface PlanOptions extends GivenOnCommandLine {
  readonly json?: boolean;
  readonly md?: boolean;
  readonly detailedExitcode?: boolean;
}

/** With --detailed-exitcode: there is something to run. */
const SOMETHING_TO_RUN = 4;

export async function plan(pipeline: string, options: PlanOptions): Promise<number> {
  const request = await loadRequest(pipeline, options);
  const store = await existingStore();
  const made = await compilePipeline(request, { hub: openHub(), signal: new AbortController().signal, store: store?.id ?? 'none yet' });
  let recorded: Promise<UnitRecord[]> | undefined;
  const manifests = () => (recorded ??= allRecords(store));
  const planned = await planSteps(made, { store, steps: request.steps, manifests });
  if (options.json) printJson({ plan: made, steps: planned, total: totalPrice(planned) });
  else process.stdout.write(`${options.md ? planMarkdown(made, planned) : planText(made, planned)}\n`);
  return options.detailedExitcode && planned.some((step) => step.hits !== step.units) ? SOMETHING_TO_RUN : 0;
}

async function allRecords(store: Store | undefined): Promise<UnitRecord[]> {
  const records: UnitRecord[] = [];
  if (store !== undefined) for await (const manifest of store.listManifests()) records.push(unitRecord(manifest));
  return records;
}

/** A store that is not there yet is not made: a plan has no side effects. */
async function existingStore(): Promise<Store | undefined> {
  const home = findHome();
  if (!hasStore(home)) return undefined;
  return openFolderStore(home, { warn: log, files: { readFile: readAtOnce } });
}

/** A place that cannot be looked into is not one without a store. */
function hasStore(home: string): boolean {
  const path = join(home, 'store-id');
  try {
    statSync(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw diskError('read', path, error);
  }
}

/** A plan has nothing else to do meanwhile, and small files that are in memory come sooner than a thread of the pool would answer. */
const readAtOnce = (async (path: string) => readFileSync(path)) as FileOperations['readFile'];
