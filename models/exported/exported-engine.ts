// An open export inside one process: to the verbs what a graph that is built here is. One sequence, one scale, one row at a
// time: what a foreign graph's kernels do with several together is nobody's promise.
import { dirname } from 'node:path';
import { withFiniteOutputs } from '../finite-outputs.ts';
import type { ForwardEngine, Machine } from '../forward-engine.ts';
import { checkIds, type ForwardDeclaration } from '../graph/forward.ts';
import { HIDDEN, LOGITS } from '../graph/head.ts';
import { extractHead, instrument, keepOutputs } from '../graph/instrument.ts';
import { HEAD_SITE } from '../graph/sites.ts';
import type { ForwardVerb } from '../graph/verb-graphs.ts';
import { keepOneVerb } from '../keep-one-verb.ts';
import { type GraphSession, openGraphSession } from '../runtime/session.ts';
import { readExportFacts } from './export-facts.ts';
import { exportFeeds, isPast } from './export-feeds.ts';
import { generateByExport, presentOf } from './generate-export.ts';
import { readExport } from './read-export.ts';

/** `folder` holds the files beside the graph, `file` is the graph. */
export async function openExportedEngine(folder: string, file: string, machine: Machine): Promise<ForwardEngine> {
  const exported = await readExport(file);
  const facts = await readExportFacts(folder);
  const linears = exported.sites.filter(({ kind }) => kind === 'linear input');
  const { inputSize: hiddenSize, outputSize: vocabSize } = linears.at(-1)!.linear!;
  const outside = exported.external.reduce((sum, { length }) => sum + length, 0);
  const open = async ({ bytes }: { readonly bytes: Uint8Array }) => {
    const request = { bytes, folder: dirname(file), sizeBytes: bytes.length + outside, ...machine, foreign: file };
    return withFiniteOutputs(await openGraphSession(request), { folder, weights: [], exported: file });
  };
  const verbs = keepOneVerb(openVerb);
  const whole = instrument(exported, { capture: [], noise: [] }).inputs;
  return {
    hiddenSize,
    vocabSize,
    linears,
    sites: exported.sites,
    maxScales: 1,
    promptFeeds(ids) {
      checkIds(ids, { maxPositions: facts.maxPositions, vocabSize });
      return exportFeeds(whole, facts, { ids, pastLength: 0 }, file);
    },
    open,
    ...verbs,
    async *generate(request, options) {
      await verbs.close();
      const inputs = exported.graph.input ?? [];
      const presents = inputs.flatMap(({ name }) => (isPast(name!) ? [presentOf(name!)] : []));
      const graph = keepOutputs(exported, [LOGITS, ...presents]);
      const session = await open(graph);
      try {
        yield* generateByExport({ where: file, facts, vocabSize, inputs: graph.inputs, session }, request, options);
      } finally {
        await session.close();
      }
    },
  };

  async function openVerb(verb: ForwardVerb | ForwardDeclaration): Promise<GraphSession> {
    if (typeof verb !== 'string') return open(instrument(exported, verb));
    switch (verb) {
      case 'capture':
        return open(instrument(exported, { capture: [HEAD_SITE], noise: [] }));
      case 'inject':
        return open(instrument(exported, { capture: [], noise: linears.map(({ name }) => name) }));
      case 'injectBySite':
        return open(instrument(exported, { capture: [], noise: linears.map(({ name }) => name), scales: 'each site' }));
      case 'score': {
        const head = extractHead(exported);
        return rowByRow(await open(head), exportFeeds(head.inputs, facts, { ids: [0], pastLength: 0 }, file));
      }
    }
  }

  /** The head's contract, [R, D] -> [R, V], on a graph that takes one position. */
  function rowByRow(session: GraphSession, others: ReturnType<typeof exportFeeds>): GraphSession {
    return {
      close: () => session.close(),
      async run(feeds) {
        const { data } = feeds[HIDDEN]!;
        const hidden = data as Float32Array;
        const rows = hidden.length / hiddenSize;
        const logits = new Float32Array(rows * vocabSize);
        for (let row = 0; row < rows; row++) {
          const position = { data: hidden.slice(row * hiddenSize, (row + 1) * hiddenSize), dims: [1, 1, hiddenSize] };
          const outputs = await session.run({ ...others, [HIDDEN]: position }, [LOGITS]);
          logits.set(outputs[LOGITS]!.data as Float32Array, row * vocabSize);
        }
        return { [LOGITS]: { data: logits, dims: [rows, vocabSize] } };
      },
    };
  }
}
