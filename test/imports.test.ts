// Guards the direction of imports between the rooms (DESIGN's table): who may import values from whom. Types are free.
// Workflows are checked transitively, because all that they reach lands in the sandbox bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

const rooms: Record<string, { readonly mayImport: readonly string[] }> = {
  cli: {
    mayImport: [
      'temporal',
      'workflows',
      'activities',
      'dashboards',
      'pipelines',
      'models',
      'datasets',
      'artifacts',
      'hub',
      'formats',
      'numerics',
    ],
  },
  temporal: { mayImport: ['activities', 'pipelines/plan.ts'] },
  workflows: { mayImport: ['pipelines/plan.ts'] },
  activities: { mayImport: ['pipelines', 'models', 'datasets', 'artifacts', 'numerics', 'dashboards'] },
  dashboards: { mayImport: ['artifacts', 'numerics'] },
  pipelines: { mayImport: ['artifacts/key.ts', 'artifacts/canonical-json.ts', 'artifacts/digest.ts'] },
  models: { mayImport: ['hub', 'formats', 'numerics'] },
  datasets: { mayImport: ['hub', 'formats', 'numerics'] },
  artifacts: { mayImport: ['formats', 'pipelines/plan.ts'] },
  hub: { mayImport: [] },
  formats: { mayImport: [] },
  numerics: { mayImport: [] },
};

/** The classes of expected errors are the one thing that every room shares. */
const SHARED = 'formats/user-error.ts';

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = Object.keys(rooms).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('numerics/wasm/assembly/')),
);
const imports = files.flatMap(valueImports);

describe('rooms', () => {
  it.each(Object.keys(rooms))('%s imports values only from where it may', (room) => {
    const allowed = rooms[room]!.mayImport;
    const wrong = imports
      .filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room && to !== SHARED)
      .filter(({ to }) => !allowed.some((place) => to === place || to.startsWith(`${place}/`)));
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('pipelines/plan.ts imports nothing, so that workflows may use it', () => {
    expect(imports.filter(({ from }) => from === 'pipelines/plan.ts')).toEqual([]);
  });

  it('workflows reach only workflow code, plan.ts and the workflow SDK', () => {
    const reached = new Set(files.filter((file) => roomOf(file) === 'workflows'));
    for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to);
    expect([...reached].filter((file) => roomOf(file) !== 'workflows' && file !== 'pipelines/plan.ts')).toEqual([]);
    const packages = [...reached].flatMap((file) => packageImports(file));
    expect([...new Set(packages)].filter((name) => !['@temporalio/workflow', '@temporalio/common'].includes(name))).toEqual([]);
  });

  it('onnxruntime-node is imported by models/runtime/session.ts alone, and not when that file is loaded', () => {
    const users = files.filter((file) => /['"]onnxruntime-node['"]/.test(withoutTypeImports(read(file))));
    expect(users).toEqual(['models/runtime/session.ts']);
    expect(packageImports('models/runtime/session.ts')).not.toContain('onnxruntime-node');
  });

  it('has no import cycles', () => {
    expect(findCycle(imports)).toEqual([]);
  });
});

/** Static value imports and re-exports between our files. */
function valueImports(file: string): Import[] {
  return [...withoutTypeImports(read(file)).matchAll(/^(?:import|export)\b[^;]*?from\s+'(\.[^']+)'/gms)].map((match) => ({
    from: file,
    to: relative(root, resolve(root, dirname(file), match[1]!)),
  }));
}

function packageImports(file: string): string[] {
  return [...withoutTypeImports(read(file)).matchAll(/^(?:import|export)\b[^;]*?from\s+'([^.'][^']*)'/gms)].map((match) => match[1]!);
}

/** Removes `import type` statements and imports whose every name is marked `type`. */
function withoutTypeImports(source: string): string {
  return source
    .replace(/^(?:import|export) type\b[^;]*;/gms, '')
    .replace(/^(?:import|export)\s*\{\s*((?:type\s+[^,}]+,?\s*)+)\}\s*from\s+'[^']+';/gms, '');
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function roomOf(file: string): string {
  return file.split('/')[0]!;
}

/** One cycle as a list of files, or an empty list. */
function findCycle(edges: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (state.get(file) === 'closed') return [];
    if (state.get(file) === 'open') return [...path.slice(path.indexOf(file)), file];
    state.set(file, 'open');
    for (const to of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    state.set(file, 'closed');
    return [];
  };
  for (const file of next.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
