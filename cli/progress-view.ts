// Live progress of a run on stderr. In a terminal one line per step, redrawn in place, folded to what fits, and collapsed to one
// line for the whole run when it is done (its results follow); elsewhere a plain line is written when a step starts, ends, or
// has moved on for ten seconds.
import { createLogUpdate } from 'log-update';
import { byCell, splitNodeId } from '../pipelines/plan.ts';
import type { NodeProgress, RunProgress, ShardBeat } from '../workflows/messages.ts';
import { runLine, stepLine } from './step-line.ts';

/** Without a terminal a running step says how far it is this often. */
const PLAIN_EVERY_MS = 10_000;
/** Lines of a terminal that are left to what was there before. */
const SPARE_ROWS = 4;
/** Of a terminal that does not say its size. */
const USUAL_SCREEN: Screen = { columns: 80, rows: 24 };

export interface ProgressView {
  update(progress: RunProgress, beats: readonly ShardBeat[]): void;
  /** A line for people, above the picture. */
  say(text: string): void;
  /** Leaves the last picture on the screen; of a run that is done, its one line. */
  done(): void;
}

export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return canRedraw(stream) ? livePicture(stream) : plainLines(stream);
}

/** Not a dumb terminal, nor one of 0 rows (as pseudo-terminals of CI have them), of which log-update shows nothing. */
function canRedraw({ isTTY, columns, rows }: NodeJS.WriteStream): boolean {
  return isTTY && process.env.TERM !== 'dumb' && columns !== 0 && rows !== 0;
}

function livePicture(stream: NodeJS.WriteStream): ProgressView {
  const draw = createLogUpdate(stream);
  let picture = '';
  let last: RunProgress | undefined;
  return {
    update: (progress, beats) => {
      last = progress;
      const screen = { columns: stream.columns || USUAL_SCREEN.columns, rows: stream.rows || USUAL_SCREEN.rows };
      picture = pictureOf(progress.nodes, beats, Date.now(), screen);
      draw(picture);
    },
    say: (text) => {
      draw.clear();
      stream.write(`${text}\n`);
      if (picture !== '') draw(picture);
    },
    done: () => {
      if (last !== undefined && isDone(last)) draw(runLine(last));
      draw.done();
    },
  };
}

/** Steps that a run was not asked for wait to its end. */
function isDone({ state, nodes }: RunProgress): boolean {
  return nodes.length > 0 && (state === 'done' || nodes.every((node) => node.state === 'done'));
}

function plainLines(stream: NodeJS.WritableStream): ProgressView {
  const said = new Map<string, { readonly state: string; readonly atMs: number }>();
  return {
    update: (progress, beats) => {
      for (const node of progress.nodes) {
        const before = said.get(node.id);
        const nowMs = Date.now();
        const isDue = before?.state !== node.state || (node.state === 'running' && nowMs - before.atMs >= PLAIN_EVERY_MS);
        if (!isDue || (node.state === 'waiting' && before === undefined)) continue;
        said.set(node.id, { state: node.state, atMs: nowMs });
        const width = widthOf(progress.nodes.map(({ id }) => id));
        stream.write(`${stepLine(node, beats, nowMs, { name: node.id, width })}\n`);
      }
    },
    say: (text) => void stream.write(`${text}\n`),
    done: () => undefined,
  };
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

interface Line {
  readonly text: string;
  /** null: the name of a cell above its steps. */
  readonly state: NodeProgress['state'] | null;
  /** Steps that it stands for. */
  readonly steps: number;
}

/**
 * A line per step; a cell of a matrix that is done, or has not begun, is one line. None is longer than the screen; where there are
 * more than fit, all that are done share one, and all that wait.
 */
export function pictureOf(nodes: readonly NodeProgress[], beats: readonly ShardBeat[], nowMs: number, screen?: Screen): string {
  const groups = byCell(nodes);
  const width = widthOf(groups.flatMap(({ cell, members }) => [cell, ...members.map(({ id }) => splitNodeId(id).step)]));
  const lineOf = (node: NodeProgress, name: string, steps: number): Line => ({
    text: stepLine(node, beats, nowMs, { name, width }),
    state: node.state,
    steps,
  });
  const lines = groups.flatMap(({ cell, members }): Line[] => {
    const all = (state: NodeProgress['state']) => members.every((node) => node.state === state);
    if (cell !== '' && (all('done') || all('waiting'))) return [lineOf(sumOf(members), cell, members.length)];
    const steps = members.map((node) => lineOf(node, splitNodeId(node.id).step, 1));
    return cell === '' ? steps : [{ text: `  ${cell}`, state: null, steps: 0 }, ...steps];
  });
  if (screen === undefined) return lines.map(({ text }) => text).join('\n');
  const shown = lines.length <= screen.rows - SPARE_ROWS ? lines.map(({ text }) => text) : folded(lines);
  return shown.map((text) => (text.length < screen.columns ? text : `${text.slice(0, screen.columns - 2)}…`)).join('\n');
}

function folded(lines: readonly Line[]): readonly string[] {
  const count = (state: NodeProgress['state']) => lines.reduce((sum, line) => sum + (line.state === state ? line.steps : 0), 0);
  const [done, waiting] = [count('done'), count('waiting')];
  return [
    ...(done === 0 ? [] : [`✓ ${done} steps done`]),
    ...lines.filter(({ state }) => state !== 'done' && state !== 'waiting').map(({ text }) => text),
    ...(waiting === 0 ? [] : [`· ${waiting} steps wait`]),
  ];
}

/** Nodes in the same state as one. */
function sumOf(members: readonly NodeProgress[]): NodeProgress {
  const sum = (field: 'units' | 'hits' | 'done' | 'shards' | 'shardsDone') => members.reduce((total, node) => total + node[field], 0);
  const times = (field: 'startedAt' | 'endedAt') => members.flatMap((node) => node[field] ?? []).sort();
  return {
    ...members[0]!,
    units: sum('units'),
    hits: sum('hits'),
    done: sum('done'),
    shards: sum('shards'),
    shardsDone: sum('shardsDone'),
    startedAt: times('startedAt')[0] ?? null,
    endedAt: times('endedAt').at(-1) ?? null,
  };
}

function widthOf(names: readonly string[]): number {
  return Math.max(16, ...names.map(({ length }) => length));
}
