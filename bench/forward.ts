// Rows `load` and `forward-100`: a session from nothing to its first answer, and a clean pass over 100 tokens against the
// machine's own rate of matrix products.
import type { ModelSession } from '../models/engine.ts';
import type { ModelConfig } from '../models/graph/model-config.ts';
import { HEAD_SITE, linearSites } from '../models/graph/sites.ts';
import { openSession } from '../models/runtime/open-session.ts';
import { measureSgemm } from './machine-rates.ts';
import { all, leastSeconds, timed } from './measure.ts';
import { type BenchRow, benchRow, limit } from './rows.ts';
import type { Workload } from './workload.ts';

const LOAD_SECONDS = 1.5;
const TOKENS = 100;
const RUNS = 10;

export async function load({ files, prompts, signal }: Workload): Promise<{ readonly session: ModelSession; readonly row: BenchRow }> {
  const { value: session, seconds } = await timed(async () => {
    const opened = openSession(files, { precision: 'float32', device: 'cpu' });
    await all(opened.capture({ prompts: prompts.slice(0, 1) }, { signal }));
    return opened;
  });
  const what = 'session process started, graph loaded, first prompt captured';
  return {
    session,
    row: benchRow({ id: 'load', what, value: seconds, unit: 's', better: 'less', reference: limit(LOAD_SECONDS), atLeast: 1 }),
  };
}

export async function forwardOf100(session: ModelSession, { config, prompts, signal }: Workload): Promise<BenchRow> {
  const ids = prompts[0]!.ids.slice(0, TOKENS);
  const forward = () => all(session.capture({ prompts: [{ prompt: 0, ids }] }, { signal }));
  await forward();
  const seconds = await leastSeconds(RUNS, forward);
  return benchRow({
    id: 'forward-100',
    what: `forward of ${ids.length} tokens (${(seconds * 1000).toFixed(0)} ms), products of the layers`,
    value: layerFlops(config, ids.length) / seconds / 1e9,
    unit: 'GFLOP/s',
    better: 'more',
    reference: { value: await measureSgemm(), what: "the machine's sgemm", source: 'this run' },
    atLeast: 0.85,
  });
}

/** Two operations per weight of the layers and token; attention scores and the head (not part of a capture) left out. */
function layerFlops(config: ModelConfig, tokens: number): number {
  return linearSites(config)
    .filter(({ name }) => name !== HEAD_SITE)
    .reduce((total, { name, width }) => total + 2 * tokens * width * outputWidth(config, name), 0);
}

function outputWidth({ hiddenSize, intermediateSize, headCount, keyValueHeadCount, headSize }: ModelConfig, site: string): number {
  if (/q_proj/.test(site)) return headCount * headSize;
  if (/[kv]_proj/.test(site)) return keyValueHeadCount * headSize;
  return /gate_proj|up_proj/.test(site) ? intermediateSize : hiddenSize;
}
