// What this machine has of what tstar needs: each finding says what it is, how it stands, and what to do where something is missing.
// Nothing is written, downloaded or started.
import { execFile } from 'node:child_process';
import { constants, existsSync, lstatSync } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { isAddress, readHubSettings } from '../hub/settings.ts';
import type { Precision } from '../models/engine.ts';
import { gigabytes, machineMemoryBytes, openingBytes } from '../models/opening-memory.ts';
import { availableProviders } from '../models/runtime/session.ts';
import type { OpenClient } from '../temporal/connection.ts';
import { findHome } from '../temporal/home.ts';
import { QUEUES, readSettings, type ServerTarget } from '../temporal/settings.ts';
import { examineModels } from './examine-models.ts';

export interface Finding {
  readonly what: string;
  readonly state: 'good' | 'mind' | 'bad';
  readonly found: string;
  readonly advice?: string;
}

const NEEDED_MEMORY_BYTES = 6e9;
const NEEDED_DISK_BYTES = 3e9;
/** Silence longer than this counts as no answer. */
const ANSWER_MS = 5_000;

/** All of them, in the order in which they matter. */
export async function examine(): Promise<readonly Finding[]> {
  // A wrong setting is told before what reads it is begun.
  readSettings();
  readHubSettings(process.env);
  return (await Promise.all([node(), runtime(), programs(), server(), mirrors(), hub(), places(), memory(), models(), fonts()])).flat();
}

async function node(): Promise<Finding> {
  return { what: 'Node', state: 'good', found: `${process.version} on ${process.platform}-${process.arch}, ${cpus().length} cores` };
}

async function runtime(): Promise<Finding> {
  try {
    const { version, providers } = await availableProviders();
    const cuda = providers.includes('cuda');
    return {
      what: 'ONNX Runtime',
      state: 'good',
      found: `${version}, providers: ${providers.join(', ')}`,
      ...(cuda ? {} : { advice: 'For a GPU: npm ci --onnxruntime-node-install=cuda12, then tstar worker --queue tstar-cuda' }),
    };
  } catch (error) {
    return {
      what: 'ONNX Runtime',
      state: 'bad',
      found: `does not load: ${message(error)}`,
      advice: 'Run npm ci again on this machine; prebuilt binaries exist for Linux, macOS and Windows on x64 and arm64.',
    };
  }
}

/** From where a Temporal server would come. */
async function programs(): Promise<Finding> {
  const settings = readSettings();
  if (settings.cluster !== null)
    return { what: 'Temporal', state: 'good', found: `cluster ${settings.cluster.address}, namespace ${settings.cluster.namespace}` };
  const found: string[] = [];
  for (const [program, args] of [
    ['temporal', ['--version']],
    [`${readHubSettings().cacheFolder}/bin/temporal-v1.5.1`, ['--version']],
    ['go', ['version']],
  ] as const) {
    const answer = await promisify(execFile)(program, [...args], { timeout: ANSWER_MS }).catch(() => undefined);
    if (answer !== undefined) found.push(answer.stdout.trim().split('\n')[0] ?? program);
  }
  const ports = `ports ${settings.ports.server} and ${settings.ports.ui}`;
  if (found.length > 0) return { what: 'Temporal', state: 'good', found: `embedded server on ${ports}; here: ${found.join('; ')}` };
  return {
    what: 'Temporal',
    state: 'mind',
    found: `no temporal and no go on PATH: the SDK's download is the only source`,
    advice: 'Install the Temporal CLI or Go, or set TEMPORAL_ADDRESS.',
  };
}

/** The server that is used, where one runs: its workers, and whether its list of runs can be filtered. */
async function server(): Promise<readonly Finding[]> {
  const settings = readSettings();
  const { findEmbeddedServer } = await import('../temporal/embedded-server.ts');
  const target = settings.cluster ?? (await findEmbeddedServer(findHome()))?.target;
  if (target === undefined)
    return [{ what: 'server', state: 'good', found: 'none runs for this folder; tstar run and tstar up start one' }];
  const { connect } = await import('../temporal/connection.ts');
  try {
    const open = await within(connect(target));
    const findings = await within(serverFindings(open, target));
    await open.close();
    return findings;
  } catch (error) {
    return [
      {
        what: 'server',
        state: 'bad',
        found: `${target.address}: ${message(error)}`,
        advice: 'tstar down, then tstar up; or correct TEMPORAL_ADDRESS.',
      },
    ];
  }
}

async function serverFindings(open: OpenClient, target: ServerTarget): Promise<readonly Finding[]> {
  const { hasWorker } = await import('../temporal/has-worker.ts');
  const { knownSearchAttributes, SEARCH_ATTRIBUTES } = await import('../temporal/search-attributes.ts');
  const served = await Promise.all(QUEUES.map(async (queue) => ((await hasWorker(open, queue)) ? [queue] : [])));
  const known = await knownSearchAttributes(open.client, target.namespace);
  const missing = SEARCH_ATTRIBUTES.filter((name) => !known.includes(name));
  const queues = served.flat();
  return [
    { what: 'server', state: 'good', found: `${target.address} answers, namespace ${target.namespace}` },
    queues.length > 0
      ? { what: 'workers', state: 'good', found: `serve ${queues.join(', ')}` }
      : {
          what: 'workers',
          state: 'mind',
          found: 'none',
          advice: 'tstar run brings its own; tstar worker and tstar up start some that stay.',
        },
    missing.length === 0
      ? { what: 'filters', state: 'good', found: `runs can be listed by ${SEARCH_ATTRIBUTES.join(', ')}` }
      : {
          what: 'filters',
          state: 'mind',
          found: `the search attributes ${missing.join(', ')} are not registered: runs cannot be listed by them`,
          advice: `temporal operator search-attribute create ${missing.map((name) => `--name ${name} --type Keyword`).join(' ')}`,
        },
  ];
}

async function mirrors(): Promise<readonly Finding[]> {
  const { mirrors: named } = readHubSettings(process.env);
  if (named.length === 0) return [{ what: 'mirrors', state: 'good', found: 'none (TSTAR_MIRRORS)' }];
  return Promise.all(
    named.map(async (mirror): Promise<Finding> => {
      const found = isAddress(mirror) ? await ask(mirror) : existsSync(mirror) ? 'is there' : 'no such folder';
      const isGood = found === 'is there' || found.startsWith('answers');
      const advice = isGood ? {} : { advice: 'It is passed over; correct or unset TSTAR_MIRRORS.' };
      return { what: 'mirror', state: isGood ? 'good' : 'mind', found: `${mirror} ${found}`, ...advice };
    }),
  );
}

async function hub(): Promise<Finding> {
  const { endpoint, token } = readHubSettings(process.env);
  const found = await ask(endpoint);
  const isGood = found.startsWith('answers');
  return {
    what: 'hub',
    state: isGood ? 'good' : 'mind',
    found: `${endpoint} ${found}${token === undefined ? '' : ', with a token (HF_TOKEN)'}`,
    ...(isGood ? {} : { advice: 'Models then come from mirrors or a PyPI wheel (python3 with pip), questions from the shipped set.' }),
  };
}

function ask(address: string): Promise<string> {
  return fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_MS) }).then(
    (response) => `answers ${response.status}`,
    (error) => `not reached (${message(error)})`,
  );
}

/** The folders that are written into: of runs, and of downloads. */
async function places(): Promise<readonly Finding[]> {
  const folders = [
    { what: 'runs', folder: findHome(), setting: 'TSTAR_HOME' },
    { what: 'downloads', folder: readHubSettings().cacheFolder, setting: 'TSTAR_CACHE' },
  ];
  return Promise.all(
    folders.map(async ({ what, folder, setting }): Promise<Finding> => {
      const there = nearestThere(folder, isTaken);
      if (!(await isWritable(there)))
        return { what, state: 'bad', found: `${folder} cannot be written`, advice: `${setting} names another folder.` };
      const free = await freeBytes(there);
      const isEnough = free > NEEDED_DISK_BYTES;
      return {
        what,
        state: isEnough ? 'good' : 'bad',
        found: `${folder}, ${gigabytes(free)} free`,
        ...(isEnough ? {} : { advice: `At least ${gigabytes(NEEDED_DISK_BYTES)} are needed; ${setting} names another folder.` }),
      };
    }),
  );
}

function nearestThere(folder: string, isThere: (path: string) => boolean = existsSync): string {
  return isThere(folder) || dirname(folder) === folder ? folder : nearestThere(dirname(folder), isThere);
}

/** Also by a link that leads nowhere: no folder can be made there. */
function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK);
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}

async function memory(): Promise<Finding> {
  const total = machineMemoryBytes();
  const enough = total >= NEEDED_MEMORY_BYTES;
  const holds = (precision: Precision) => billions(total / openingBytes({ weightCount: 1, weightBytes: 2, precision }));
  return {
    what: 'memory',
    state: enough ? 'good' : 'mind',
    found: `${gigabytes(process.availableMemory())} free of ${gigabytes(total)}: opens up to ${holds('float32')} weights published in bfloat16, ${holds('int8')} rounded to int8 or int4`,
    ...(enough ? {} : { advice: 'The calibration of SmolLM2 takes up to 4 GB.' }),
  };
}

function billions(count: number): string {
  return `${(count / 1e9).toFixed(1)} billion`;
}

async function models(): Promise<readonly Finding[]> {
  const { cacheFolder } = readHubSettings();
  const freeDiskBytes = await freeBytes(nearestThere(cacheFolder));
  return examineModels({ memoryBytes: machineMemoryBytes(), freeDiskBytes, cacheFolder });
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function fonts(): Promise<Finding> {
  const { hasFont } = await import('../dashboards/rasterize.ts');
  return (await hasFont())
    ? { what: 'fonts', state: 'good', found: 'figures can be written as PNG' }
    : {
        what: 'fonts',
        state: 'mind',
        found: 'none: figures are written as SVG only',
        advice: 'Install a font, for instance fonts-dejavu-core.',
      };
}

/** What does not answer in time is an error. */
function within<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
  });
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer));
}

function message(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
