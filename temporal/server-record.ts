// `.tstar/server.json`: which process is this project's embedded server, and whose it is. A record whose process has ended,
// or whose id belongs to another process now, is as good as none.
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { processToken } from './process-token.ts';

const processSchema = z.object({ pid: z.number().int().positive(), token: z.string() });
const recordSchema = z.object({
  server: processSchema,
  /** The process that stops the server at its end; null for one that stays until `tstar down`. */
  owner: processSchema.nullable(),
  ports: z.object({ server: z.number().int(), ui: z.number().int() }),
  database: z.string(),
  startedAt: z.string(),
});
export type ServerRecord = z.infer<typeof recordSchema>;
export type ProcessMark = z.infer<typeof processSchema>;

export type ServerEnd = 'stopped' | 'crashed' | 'left';

const recordPath = (home: string) => join(home, 'server.json');

/** The record of a server that runs now, else null. */
export async function readServerRecord(home: string): Promise<ServerRecord | null> {
  const record = await parseServerRecord(home);
  return record !== null && isAlive(record.server) ? record : null;
}

/**
 * What became of a server: whoever stops one removes its record, so a record without a process is a crash; `left` is one
 * whose owner ended without stopping it.
 */
export async function serverFate(home: string, pid: number): Promise<'serves' | ServerEnd> {
  const record = await parseServerRecord(home);
  if (record === null || record.server.pid !== pid) return 'stopped';
  if (!isAlive(record.server)) return 'crashed';
  return record.owner !== null && !isAlive(record.owner) ? 'left' : 'serves';
}

async function parseServerRecord(home: string): Promise<ServerRecord | null> {
  const text = await readFile(recordPath(home), 'utf8').catch(() => null);
  return text === null ? null : parsedAs(recordSchema, text);
}

/** null for a text that is none, half-written ones included. */
export function parseProcessMark(text: string): ProcessMark | null {
  return parsedAs(processSchema, text);
}

function parsedAs<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export async function writeServerRecord(home: string, record: ServerRecord): Promise<void> {
  const fresh = `${recordPath(home)}.${process.pid}`;
  try {
    await writeFile(fresh, `${JSON.stringify(record, null, 2)}\n`);
    await rename(fresh, recordPath(home));
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

/** Leaves a record alone that names another server by now. */
export async function removeServerRecord(home: string, { pid, token }: ProcessMark): Promise<void> {
  const server = (await parseServerRecord(home))?.server;
  if (server === undefined || (server.pid === pid && server.token === token)) await rm(recordPath(home), { force: true });
}

export function markProcess(pid: number): ProcessMark | null {
  const token = processToken(pid);
  return token === null ? null : { pid, token };
}

export function isAlive(mark: ProcessMark): boolean {
  return processToken(mark.pid) === mark.token;
}
