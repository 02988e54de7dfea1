// Everything that the environment says about where models and datasets come from, read in one place: mirrors, the hub's
// address and token, the folder of downloads. An empty variable counts as unset.
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';

export interface HubSettings {
  /** Absolute folders and http(s) addresses, in the order in which they are tried. */
  readonly mirrors: readonly string[];
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly cacheFolder: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The hub's public address. */
export const PUBLIC_ENDPOINT = 'https://huggingface.co';

const environmentSchema = z.object({
  TSTAR_MIRRORS: z
    .string()
    .default('')
    .transform(splitList)
    .pipe(z.array(z.string().superRefine(checkMirror))),
  HF_ENDPOINT: z
    .url({ protocol: /^https?$/, error: `is no http(s) address; expected one like ${PUBLIC_ENDPOINT}` })
    .default(PUBLIC_ENDPOINT),
  HF_TOKEN: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'has blanks or characters that no token has')
    .optional(),
  TSTAR_CACHE: z.string().optional(),
  XDG_CACHE_HOME: z.string().optional(),
});

export function readHubSettings(env: Environment = process.env): HubSettings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const parsed = environmentSchema.safeParse(set);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${String(path[0])} ${message}`);
    throw new UserError(`environment: ${problems.join('; ')}; correct or unset it`);
  }
  const { TSTAR_MIRRORS, HF_ENDPOINT, HF_TOKEN, TSTAR_CACHE, XDG_CACHE_HOME } = parsed.data;
  return {
    mirrors: TSTAR_MIRRORS.map((mirror) => (isAddress(mirror) ? withoutSlash(mirror) : resolve(mirror))),
    endpoint: withoutSlash(HF_ENDPOINT),
    token: HF_TOKEN,
    cacheFolder: resolve(TSTAR_CACHE ?? join(XDG_CACHE_HOME ?? userCache(), 'tstar')),
  };
}

/** An empty HOME counts as unset; a user without any, as containers have them, is told what to set. */
function userCache(): string {
  try {
    return join(homedir() || userInfo().homedir, '.cache');
  } catch (cause) {
    throw new UserError('this user has no home folder: set HOME, or TSTAR_CACHE to a folder for downloads', { cause });
  }
}

/** An address, not a folder. */
export function isAddress(mirror: string): boolean {
  return /^https?:\/\//i.test(mirror);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A folder may be anything; what looks like an address must be one that can be fetched from. */
function checkMirror(mirror: string, context: z.RefinementCtx): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(mirror)) return;
  if (isAddress(mirror) && URL.canParse(mirror)) return;
  context.addIssue({ code: 'custom', message: `names ${JSON.stringify(mirror)}, which is neither a folder nor an http(s) address` });
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '');
}
