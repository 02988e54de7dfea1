// The program `temporal`, whose `server start-dev` is the embedded server: on PATH, in the user's cache, as the SDK downloads
// it, or built with Go. A source that refuses or stays silent is left for the next one, and `log` says so.
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { diskError } from './disk-error.ts';
import { runProgram } from './run-program.ts';
import { withStartLock } from './start-lock.ts';

/** The version that DESIGN.md's figures were measured with. */
export const CLI_VERSION = 'v1.5.1';
const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@${CLI_VERSION}`;
const PROGRAM = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
/** A download that brings no byte for so long is given up; the program that downloads starts and proves itself in it too. */
const SILENCE_MS = 30_000;
/** Compiling takes about 4 minutes on 2 cores; far above, so that a hung build ends some day. */
const BUILD_LIMIT_MS = 30 * 60_000;
const PROGRESS_INTERVAL_MS = 15_000;

export interface FindServer {
  readonly cacheFolder: string;
  /** One line for people about what is tried and why it was left. */
  readonly log: (line: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly silenceMs?: number;
}

/** Path of a program that was seen to run. */
export async function findServer(options: FindServer): Promise<string> {
  const env = options.env ?? process.env;
  const cached = join(options.cacheFolder, 'bin', `temporal-${CLI_VERSION}`);
  const onPath = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = await firstThatRuns([...onPath.map((folder) => join(folder, PROGRAM)), cached], options.log);
  if (found !== null) return found;
  try {
    await mkdir(dirname(cached), { recursive: true });
    // Of several processes that need it at once one gets it and the others wait.
    return await withStartLock(dirname(cached), options.signal, async () => {
      return (await firstThatRuns([cached], () => undefined)) ?? (await getServer({ ...options, env }, cached));
    });
  } catch (error) {
    throw diskError(error, options.cacheFolder, 'TSTAR_CACHE');
  }
}

async function firstThatRuns(paths: readonly string[], log: (line: string) => void): Promise<string | null> {
  for (const path of paths) {
    if (!(await isExecutable(path))) continue;
    const problem = await tryProgram(path);
    if (problem === null) return path;
    log(`${path} does not run (${problem}); looking further`);
  }
  return null;
}

/** Puts the program at `cached`, whole or not at all. */
async function getServer(options: Parameters<Source>[0], cached: string): Promise<string> {
  const reasons: string[] = [];
  for (const [name, get] of Object.entries({ "the SDK's download": download, 'go install': build })) {
    // Beside the target: the last move is a rename within one file system.
    const folder = await mkdtemp(join(dirname(cached), '.new-'));
    try {
      const made = await get(options, folder);
      await chmod(made, 0o755);
      const problem = await tryProgram(made);
      if (problem !== null) throw new Error(`what it brought does not run: ${problem}`);
      await rename(made, cached);
      return cached;
    } catch (error) {
      options.signal?.throwIfAborted();
      reasons.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      options.log(`Temporal server, ${reasons.at(-1)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  throw new UserError(
    `no Temporal server: ${reasons.join('; ')}. Put the Temporal CLI (temporal) on PATH, or install Go so that tstar can build it, or set TEMPORAL_ADDRESS to a running server`,
  );
}

type Source = (options: FindServer & { readonly env: Readonly<Record<string, string | undefined>> }, folder: string) => Promise<string>;

// The SDK downloads natively and cannot be interrupted, so a process of its own does it. It starts the server to prove it.
// Of the chain of causes that its error recites the last three say what happened.
const DOWNLOAD_SCRIPT = `
const { TestWorkflowEnvironment } = require(process.argv[1]);
const executable = { type: 'cached-download', version: process.argv[2], downloadDir: process.argv[3] };
TestWorkflowEnvironment.createLocal({ server: { executable } })
  .then((environment) => environment.teardown())
  .then(() => process.exit(0), (error) => { process.stderr.write(error.message.split(': ').slice(-3).join(': ')); process.exit(1); });
`;

const download: Source = async ({ env, signal, silenceMs = SILENCE_MS, log }, folder) => {
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  log(`Temporal server: downloading the Temporal CLI ${CLI_VERSION}`);
  const sign = () => folderSize(folder);
  await runProgram(process.execPath, ['-e', DOWNLOAD_SCRIPT, testing, CLI_VERSION, folder], { env, signal, silenceMs, sign });
  const files = await readdir(folder);
  const name = files.find((file) => file.includes('temporal') && !file.endsWith('.downloading'));
  if (name === undefined) throw new Error(`it left no program (${files.join(', ') || 'nothing'})`);
  return join(folder, name);
};

/** Needs no C compiler. Go is silent while it compiles, so the time that passes is told. */
const build: Source = async ({ env, signal, log }, folder) => {
  const startedAtMs = Date.now();
  const elapsed = () => `${Math.round((Date.now() - startedAtMs) / 1000)} s`;
  log(`Temporal server: building it with go install ${GO_PACKAGE} (about 4 minutes, once per machine)`);
  const told = setInterval(() => log(`  still building, ${elapsed()}`), PROGRESS_INTERVAL_MS);
  // With a foreign GOOS or GOARCH go refuses GOBIN, and what it builds would not run here.
  const goEnv = { ...env, CGO_ENABLED: '0', GOBIN: folder, GOOS: undefined, GOARCH: undefined, GOFLAGS: undefined };
  try {
    await runProgram('go', ['install', GO_PACKAGE], { env: goEnv, signal, silenceMs: BUILD_LIMIT_MS });
  } finally {
    clearInterval(told);
  }
  log(`  built in ${elapsed()}`);
  return join(folder, PROGRAM);
};

async function folderSize(folder: string): Promise<number> {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file)).catch(() => ({ size: 0 }))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What is wrong with the program, null when it answers `--version` as Temporal's. */
async function tryProgram(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(path, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: SILENCE_MS });
    let words = '';
    child.stdout.on('data', (chunk: Buffer) => {
      words += chunk.toString();
    });
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => {
      if (code !== 0) resolve(`exit status ${code}`);
      else resolve(words.includes('temporal version') ? null : `it says ${words.trim().slice(0, 80) || 'nothing'}`);
    });
  });
}
