// The verdict over the cells of a matrix: in how many of them the claim holds, fails, is open. What each cell found is said of it.
import { cellsOfRun, matrixWords } from '../artifacts/cell-record.ts';
import type { Results, RunRecord } from '../artifacts/run-record.ts';
import type { Verdict } from './verdict.ts';

type Overall = Verdict['overall'];

/** What is said of so many cells. */
const SAID: Readonly<Record<Overall, (where: string, isOne: boolean) => string>> = {
  holds: (where) => `T* matches the best temperature in ${where}`,
  fails: (where) => `T* fails in ${where}`,
  helps: (where) => `the fitted temperature helps in ${where}`,
  hurts: (where) => `the fitted temperature hurts in ${where}`,
  undecided: (where, isOne) => `${where} ${isOne ? 'is' : 'are'} undecided`,
  measured: (where, isOne) => `${where} ${isOne ? 'is' : 'are'} measured`,
};

/** undefined where no cell has anything that is judged. */
export function gridVerdict(record: RunRecord, verdictOf: (results: Results) => Verdict | undefined): Verdict | undefined {
  const judged = cellsOfRun(record).flatMap(({ name, record: { results } }) => {
    const overall = verdictOf(results)?.overall;
    return overall === undefined ? [] : [{ name, overall }];
  });
  if (judged.length === 0) return undefined;
  const groups = (Object.keys(SAID) as Overall[])
    .map((overall) => ({ overall, names: judged.filter((cell) => cell.overall === overall).map(({ name }) => name) }))
    .filter(({ names }) => names.length > 0);
  const total = record.cells.length;
  const open = total - judged.length;
  const parts = groups.map(({ overall, names }) =>
    SAID[overall](
      names.length === total ? `all ${total} cells` : `${names.length} of ${total} cells (${namedCells(names)})`,
      names.length === 1 && total > 1,
    ),
  );
  return {
    sentence: `Over ${matrixWords(record)}: ${parts.join('; ')}${open === 0 ? '' : `; ${open} ${open === 1 ? 'cell has' : 'cells have'} no result`}.`,
    leads: ['A cell counts as the worst of its noise levels: it fails where one does, and holds where all do.'].filter(() =>
      groups.some(({ overall }) => overall === 'holds' || overall === 'fails'),
    ),
    overall: overallOf(
      groups.map(({ overall }) => overall),
      open,
    ),
    brief: groups.map(({ overall, names }) => `${overall} in ${names.length} of ${total} cells`).join(', '),
  };
}

function overallOf(found: readonly Overall[], open: number): Overall {
  if (found.length === 1 && open === 0) return found[0]!;
  return found.find((overall) => overall === 'fails' || overall === 'hurts') ?? 'undecided';
}

const MOST_NAMED = 4;

function namedCells(names: readonly string[]): string {
  return names.length <= MOST_NAMED ? names.join('; ') : `${names.slice(0, MOST_NAMED).join('; ')} and ${names.length - MOST_NAMED} more`;
}
