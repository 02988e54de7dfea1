// `tstar doctor`: what this machine has of what tstar needs, each line with what to do where something is missing.
import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { readHubSettings } from '../hub/settings.ts';
import { availableProviders } from '../models/runtime/session.ts';
import { findHome } from '../temporal/home.ts';
import { readSettings } from '../temporal/settings.ts';
import { printJson } from './workplace.ts';

interface Finding {
  readonly what: string;
  readonly state: 'good' | 'mind' | 'bad';
  readonly found: string;
  readonly advice?: string;
}

const NEEDED_MEMORY_BYTES = 6e9;
const NEEDED_DISK_BYTES = 3e9;

export async function doctor(options: { readonly json?: boolean }): Promise<number> {
  const findings = (await Promise.all([node(), runtime(), temporal(), hub(), disk(), memory()])).flat();
  if (options.json) printJson(findings);
  else for (const finding of findings) process.stdout.write(`${line(finding)}\n`);
  return findings.some((finding) => finding.state === 'bad') ? 1 : 0;
}

function line({ what, state, found, advice }: Finding): string {
  const mark = { good: '✓', mind: '!', bad: '✗' }[state];
  return `${mark} ${what.padEnd(14)} ${found}${advice === undefined ? '' : `\n                 ${advice}`}`;
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

async function temporal(): Promise<Finding> {
  const settings = readSettings();
  if (settings.cluster !== null)
    return { what: 'Temporal', state: 'good', found: `cluster ${settings.cluster.address}, namespace ${settings.cluster.namespace}` };
  const programs: string[] = [];
  for (const [program, args] of [
    ['temporal', ['--version']],
    [`${settings.cacheFolder}/bin/temporal-v1.5.1`, ['--version']],
    ['go', ['version']],
  ] as const) {
    const answer = await promisify(execFile)(program, [...args], { timeout: 10_000 }).catch(() => undefined);
    if (answer !== undefined) programs.push(answer.stdout.trim().split('\n')[0] ?? program);
  }
  const ports = `ports ${settings.ports.server} and ${settings.ports.ui}`;
  if (programs.length > 0) return { what: 'Temporal', state: 'good', found: `embedded server on ${ports}; here: ${programs.join('; ')}` };
  return {
    what: 'Temporal',
    state: 'mind',
    found: `no temporal and no go on PATH: the SDK's download is the only source`,
    advice: 'Install the Temporal CLI or Go, or set TEMPORAL_ADDRESS.',
  };
}

async function hub(): Promise<Finding[]> {
  const settings = readHubSettings(process.env);
  const mirrors = settings.mirrors.length > 0 ? settings.mirrors.map(String).join(', ') : 'none (TSTAR_MIRRORS)';
  const answer = await fetch(settings.endpoint, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).then(
    (response) => `answers ${response.status}`,
    (error) => `not reached (${message(error)})`,
  );
  return [
    { what: 'mirrors', state: 'good', found: mirrors },
    {
      what: 'hub',
      state: answer.startsWith('answers') ? 'good' : 'mind',
      found: `${settings.endpoint} ${answer}`,
      ...(answer.startsWith('answers')
        ? {}
        : { advice: 'Models then come from mirrors or a PyPI wheel (python3 with pip), questions from the shipped set.' }),
    },
  ];
}

async function disk(): Promise<Finding> {
  const home = findHome();
  const { bavail, bsize } = await statfs(home).catch(() => statfs('.'));
  const free = bavail * bsize;
  return {
    what: 'disk',
    state: free > NEEDED_DISK_BYTES ? 'good' : 'bad',
    found: `${gigabytes(free)} free for ${home}`,
    ...(free > NEEDED_DISK_BYTES
      ? {}
      : { advice: `At least ${gigabytes(NEEDED_DISK_BYTES)} are needed; TSTAR_HOME and TSTAR_CACHE move the folders.` }),
  };
}

async function memory(): Promise<Finding> {
  const enough = totalmem() >= NEEDED_MEMORY_BYTES;
  return {
    what: 'memory',
    state: enough ? 'good' : 'mind',
    found: `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`,
    ...(enough ? {} : { advice: 'The calibration of SmolLM2 takes up to 4 GB.' }),
  };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function message(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
