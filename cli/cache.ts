// `tstar cache`: what the store holds and why. Keys and digests may be given by their first digits.
import { resolve } from 'node:path';
import { neededByRuns } from '../activities/run-needs.ts';
import { type Found, findStored } from '../artifacts/find-stored.ts';
import { collectGarbage, type GcCount } from '../artifacts/gc.ts';
import type { Manifest } from '../artifacts/manifest.ts';
import type { Store } from '../artifacts/store.ts';
import { type Damage, verifyStore } from '../artifacts/verify.ts';
import { sizeText } from '../dashboards/format.ts';
import { UserError } from '../formats/user-error.ts';
import { type ComponentChange, compareComponents, explainMiss, formatChange } from '../pipelines/explain.ts';
import { formatCoordinates } from '../pipelines/plan.ts';
import { formatDuration } from './format.ts';
import { renderTable } from './table.ts';
import { openWorkplace, printJson } from './workplace.ts';
import { writeWhole } from './write-file.ts';

interface JsonOption {
  readonly json?: boolean;
}

const shortName = (name: string): string => name.slice(0, 12);

export async function list(step: string | undefined, { json }: JsonOption): Promise<number> {
  const { store, log } = await openWorkplace();
  const manifests: Manifest[] = [];
  for await (const manifest of store.listManifests())
    if (step === undefined || manifest.node === step || manifest.components.step === step) manifests.push(manifest);
  manifests.sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : a.key < b.key ? -1 : 1));
  if (json) printJson(manifests.map(listedUnit));
  else if (manifests.length === 0) log(`no units${step === undefined ? '' : ` of ${step}`} in ${store.location}`);
  else process.stdout.write(`${step === undefined ? stepsTable(manifests) : unitsTable(manifests)}\n`);
  return 0;
}

export async function get(name: string, { out }: { readonly out?: string }): Promise<number> {
  const { store } = await openWorkplace();
  const bytes = await readFound(store, await findStored(store, name));
  if (out === undefined) await new Promise<void>((done) => process.stdout.write(bytes, () => done()));
  else await writeWhole(resolve(out), bytes);
  return 0;
}

export async function explain(name: string, { json }: JsonOption): Promise<number> {
  const { store } = await openWorkplace();
  const manifest = await findManifest(store, name);
  const others: Manifest[] = [];
  const makers = new Map<string, Manifest>();
  for await (const other of store.listManifests()) {
    if (other.key !== manifest.key) others.push(other);
    for (const { digest } of Object.values(other.outputs)) makers.set(digest, other);
  }
  const nearest = explainMiss(manifest.components, others);
  if (json) printJson({ ...manifest, nearest });
  else process.stdout.write(`${explanation(manifest, makers, nearest)}\n`);
  return 0;
}

export async function diff(a: string, b: string, { json }: JsonOption): Promise<number> {
  const { store } = await openWorkplace();
  const [before, after] = [await findManifest(store, a), await findManifest(store, b)];
  const changes = compareComponents(before.components, after.components);
  const outputs = compareOutputs(before, after);
  if (json) printJson({ before: before.key, after: after.key, changes, outputs });
  else {
    const lines = [...(changes.length === 0 ? ['the same key'] : changes.map(formatChange)), ...outputs.map(outputText)];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return 0;
}

export async function verify({ json }: JsonOption): Promise<number> {
  const { store, log } = await openWorkplace();
  const { damages, ...checked } = await verifyStore(store);
  if (json) printJson({ ...checked, damages });
  else {
    for (const damage of damages) process.stdout.write(`${damageText(damage)}\n`);
    const seen = `${checked.objects} objects and ${checked.manifests} manifests, ${sizeText(checked.bytes)}`;
    log(
      damages.length === 0 ? `${seen}: all whole` : `${seen}: ${damages.length} damaged; they count as missing, a run computes them again`,
    );
  }
  return damages.length === 0 ? 0 : 1;
}

export interface GcCommand extends JsonOption {
  readonly keepRuns: number;
  /** Minutes. */
  readonly grace: number;
  readonly dryRun?: boolean;
}

export async function gc({ keepRuns, grace, dryRun = false, json }: GcCommand): Promise<number> {
  const { store, log } = await openWorkplace({ sweep: !dryRun });
  // Before anything is looked at: what is put from now on is young, whatever the grace.
  const before = new Date(Date.now() - grace * 60_000);
  const { needs, finished, unfinished } = await neededByRuns(store, keepRuns, log);
  const { removed, kept } = await collectGarbage(store, { needs, before, dryRun });
  if (json) printJson({ dryRun, removed, kept, runs: { finished, unfinished } });
  else {
    log(`runs kept: ${finished.join(', ') || 'none'}`);
    if (unfinished.length > 0) log(`unfinished, kept too: ${unfinished.join(', ')} (tstar cancel RUN gives one up)`);
    process.stdout.write(`${dryRun ? 'would remove' : 'removed'} ${countText(removed)}; kept ${countText(kept)}\n`);
  }
  return 0;
}

async function findManifest(store: Store, name: string): Promise<Manifest> {
  const found = await findStored(store, name, 'manifest');
  const manifest = found.kind === 'manifest' ? await store.getManifest(found.key) : undefined;
  if (manifest === undefined) throw new UserError(`the manifest ${name} is damaged; the run that needs it computes it again`);
  return manifest;
}

async function readFound(store: Store, found: Found): Promise<Uint8Array | string> {
  if (found.kind === 'manifest') return `${JSON.stringify(await findManifest(store, found.key), null, 2)}\n`;
  const bytes = await store.getObject(found.digest);
  if (bytes === undefined) throw new UserError(`object ${found.digest} is corrupt; the run that needs it computes it again`);
  return bytes;
}

function listedUnit(manifest: Manifest) {
  const { key, node, run, startedAt, durationMs, outputs, components } = manifest;
  const { step, coordinates } = components;
  return { key, step, node, coordinates, run, startedAt, durationMs, sizeBytes: sizeOf(manifest), outputs };
}

function sizeOf({ outputs }: Manifest): number {
  return Object.values(outputs).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

interface StepSummary {
  readonly step: string;
  readonly units: number;
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly latest: string;
}

function stepsTable(manifests: readonly Manifest[]): string {
  const names = [...new Set(manifests.map(({ components }) => components.step))].sort();
  const rows = names.map((step): StepSummary => {
    const own = manifests.filter(({ components }) => components.step === step);
    const [sizeBytes, durationMs] = [sizeOf, (manifest: Manifest) => manifest.durationMs].map((of) =>
      own.reduce((sum, manifest) => sum + of(manifest), 0),
    ) as [number, number];
    return { step, units: own.length, sizeBytes, durationMs, latest: own[0]!.run };
  });
  return renderTable<StepSummary>(
    [
      { header: 'step', align: 'left', cell: (row) => row.step },
      { header: 'units', cell: (row) => String(row.units) },
      { header: 'size', cell: (row) => sizeText(row.sizeBytes) },
      { header: 'took', cell: (row) => formatDuration(row.durationMs / 1000) },
      { header: 'latest run', align: 'left', cell: (row) => row.latest },
    ],
    rows,
  );
}

function unitsTable(manifests: readonly Manifest[]): string {
  return renderTable<Manifest>(
    [
      { header: 'key', align: 'left', cell: ({ key }) => shortName(key) },
      { header: 'step', align: 'left', cell: ({ node }) => node },
      { header: 'unit', align: 'left', cell: ({ components }) => formatCoordinates(components.coordinates) },
      { header: 'size', cell: (manifest) => sizeText(sizeOf(manifest)) },
      { header: 'took', cell: ({ durationMs }) => formatDuration(durationMs / 1000) },
      { header: 'run', align: 'left', cell: ({ run }) => run },
    ],
    manifests,
  );
}

function explanation(
  { key, components, outputs, node, run, startedAt, durationMs, device, warnings }: Manifest,
  makers: ReadonlyMap<string, Manifest>,
  { nearest, changes }: { readonly nearest: string | undefined; readonly changes: readonly ComponentChange[] },
): string {
  const { step, version, identity, environment, coordinates, inputs } = components;
  const maker = (digest: string): string => {
    const made = makers.get(digest);
    if (made === undefined) return 'an index, or no longer here';
    return [made.node, formatCoordinates(made.components.coordinates), `key ${shortName(made.key)}`].filter(Boolean).join(' ');
  };
  const lines = [
    `key ${key}`,
    `  step         ${step} (version ${version}), as ${node}`,
    `  unit         ${formatCoordinates(coordinates) || 'the only one'}`,
    ...Object.entries(identity).map(([name, value]) => `  identity     ${name} = ${JSON.stringify(value)}`),
    ...Object.entries(inputs).map(([name, digest]) => `  input        ${name} = ${shortName(digest)} (${maker(digest)})`),
    ...(environment === null ? [] : [`  environment  ${JSON.stringify(environment)}`]),
    ...Object.entries(outputs).map(
      ([name, { digest, type, format, sizeBytes }]) =>
        `  output       ${name} = ${shortName(digest)} (${type}, ${format}, ${sizeText(sizeBytes)})`,
    ),
    `  made by      ${run} at ${startedAt} in ${formatDuration(durationMs / 1000)} on ${device}`,
    ...warnings.map((warning) => `  mind         ${warning}`),
    nearest === undefined
      ? '  nearest      no other unit of this step'
      : `  nearest      ${shortName(nearest)}: ${changes.map(formatChange).join('; ')}`,
  ];
  return lines.join('\n');
}

interface OutputChange {
  readonly output: string;
  readonly before: string | null;
  readonly after: string | null;
}

function compareOutputs(before: Manifest, after: Manifest): readonly OutputChange[] {
  const names = [...new Set([...Object.keys(before.outputs), ...Object.keys(after.outputs)])].sort();
  return names.map((output) => ({
    output,
    before: before.outputs[output]?.digest ?? null,
    after: after.outputs[output]?.digest ?? null,
  }));
}

function outputText({ output, before, after }: OutputChange): string {
  if (before === after) return `output ${output}: the same bytes (${shortName(before ?? '')})`;
  return `output ${output}: ${shortName(before ?? 'none')} -> ${shortName(after ?? 'none')}`;
}

function damageText(damage: Damage): string {
  if (damage.kind === 'damaged-manifest') return `manifest ${damage.key}: damaged`;
  const readers = damage.neededBy.length === 0 ? 'a plan, an index or nothing' : damage.neededBy.map(shortName).join(', ');
  return `object ${damage.digest}: ${damage.kind === 'corrupt-object' ? 'corrupt' : 'missing'} (needed by ${readers})`;
}

function countText({ manifests, objects, bytes }: GcCount): string {
  return `${manifests} manifests and ${objects} objects (${sizeText(bytes)})`;
}
