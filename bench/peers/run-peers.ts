// `npm run bench -- --peers`: the alternatives on the same prompts and cores, from the same run. A virtual environment in the
// cache is set up once from pinned requirements; each peer is a Python program that reads a task from stdin and answers on stdout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { UserError } from '../../formats/user-error.ts';
import { temperatureGrid } from '../../numerics/temperature-grid.ts';
import { SHORT_TOKENS } from '../generation.ts';
import type { PeerFigure } from '../references.ts';
import { DRAWS, HEAD_SCALES, MULTIPLES, NOISE_SCALES, T_BASE, TEMPERATURES, type Workload } from '../workload.ts';

/** Pinned: a figure belongs to a version. optimum-intel's export wants this transformers. */
const REQUIREMENTS = ['torch==2.15.0', 'transformers==5.5.4', 'openvino-genai==2026.4.1.0', 'optimum-intel==2.2.0', 'nncf==3.4.0'];
const ENVIRONMENT = 'peers-2026-11';

const versions = z.record(z.string(), z.string());
const studyAnswer = z.object({ noiseSeconds: z.number(), scoreSeconds: z.number(), generateTokensPerSecond: z.number(), versions });
const batchAnswer = z.object({ rates: z.record(z.string(), z.number()), versions });

export interface Peers {
  readonly measured: Readonly<Record<PeerFigure, number>>;
  readonly versions: Readonly<Record<string, string>>;
}

export async function runPeers(workload: Workload): Promise<Peers> {
  const python = await setUp(workload);
  const study = studyAnswer.parse(await ask(python, 'study_loops.py', studyTask(workload), workload.say));
  const batches = batchAnswer.parse(await ask(python, 'continuous_batching.py', batchTask(workload), workload.say));
  const rate = (name: string): number => {
    const found = batches.rates[name];
    if (found === undefined) throw new RangeError(`continuous_batching.py answered without the rate ${name}`);
    return found;
  };
  return {
    measured: {
      pytorchNoise: study.noiseSeconds,
      pytorchScore: study.scoreSeconds,
      pytorchGenerate80: study.generateTokensPerSecond,
      openvino80: rate('80'),
      openvino10: rate('10'),
      openvino1: rate('1'),
    },
    versions: { ...study.versions, ...batches.versions },
  };
}

function studyTask({ files, prompts, newTokens }: Workload): object {
  return {
    model: files.folder,
    prompts: prompts.map(({ ids }) => ids),
    draws: DRAWS,
    noiseScales: NOISE_SCALES,
    headScales: HEAD_SCALES,
    tBase: T_BASE,
    temperatures: temperatureGrid(T_BASE, MULTIPLES),
    sequencesPerPrompt: TEMPERATURES.length,
    newTokens,
  };
}

function batchTask({ files, prompts, newTokens, cacheFolder }: Workload): object {
  const batch = (name: string, temperatures: readonly number[], count: number, tokens: number): object => {
    const sequences = temperatures.flatMap((temperature) => prompts.slice(0, count).map(({ ids }) => ({ ids, temperature })));
    return {
      name,
      prompts: sequences.map(({ ids }) => ids),
      temperatures: sequences.map(({ temperature }) => temperature),
      newTokens: tokens,
    };
  };
  return {
    model: files.folder,
    export: join(cacheFolder, 'bench', ENVIRONMENT, 'openvino-model'),
    batches: [
      batch('80', TEMPERATURES, prompts.length, newTokens),
      batch('10', [T_BASE], prompts.length, SHORT_TOKENS),
      batch('1', [T_BASE], 1, SHORT_TOKENS),
    ],
  };
}

/** The environment's interpreter; a half-made environment is made again. */
async function setUp({ cacheFolder, say }: Workload): Promise<string> {
  const folder = join(cacheFolder, 'bench', ENVIRONMENT);
  const python = join(folder, 'bin', 'python');
  const ready = join(folder, 'ready.txt');
  if (existsSync(ready)) return python;
  say(`setting up ${folder} (once, some 6 GB): ${REQUIREMENTS.join(' ')}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await call('python3', ['-m', 'venv', folder], '', say);
  await call(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...REQUIREMENTS], '', say);
  await writeFile(ready, `${REQUIREMENTS.join('\n')}\n`);
  return python;
}

async function ask(python: string, script: string, task: object, say: (text: string) => void): Promise<unknown> {
  // The scripts lie beside the sources; this file runs from dist/bench/peers.
  const file = fileURLToPath(new URL(`../../../bench/peers/${script}`, import.meta.url));
  return JSON.parse(await call(python, [file], JSON.stringify(task), (text) => say(`${script}: ${text}`)));
}

/** Stdout of a program that ended well; what it says on stderr goes to people line by line. */
async function call(program: string, args: readonly string[], input: string, say: (text: string) => void): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let lastWords = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    for (const line of chunk
      .toString('utf8')
      .split(/[\r\n]+/)
      .filter(Boolean)) {
      lastWords = line;
      say(line);
    }
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new UserError(`${program} ${args[0] ?? ''} ended with status ${code}: ${lastWords}`);
  return out;
}
