// The name of a file on the hub: checked before it becomes a path or an address, because it may come from a spec, a
// listing or an index file that somebody else wrote. Nothing here looks at the disk or the network.
import { join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import type { HubFile } from './hub.ts';

/** What a repository's listing needs of a file's name. */
export type RepositoryName = Pick<HubFile, 'kind' | 'repository' | 'revision'>;

export function checkFile(file: HubFile): void {
  checkRepository(file);
  const parts = file.path.split('/');
  const wrong = parts.some((part) => part === '' || part === '.' || part === '..') || hasUnsafeCharacter(file.path);
  if (wrong) throw new UserError(`${describeFile(file)}: not a path inside a repository (no "..", no backslash, not absolute)`);
}

/** Owner and name as the hub allows them; `--` is refused there too, and joins the two in the cache. */
export function checkRepository({ kind, repository, revision }: RepositoryName): void {
  const parts = repository.split('/');
  const named = parts.every((part) => /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/.test(part) && !/--|\.\./.test(part));
  if (!named || parts.length > 2) {
    throw new UserError(`${kind} ${JSON.stringify(repository)}: not the name of a repository; expected OWNER/NAME`);
  }
  const safe = /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(revision) && revision.split('/').every((part) => part !== '' && !part.startsWith('.'));
  if (!safe || revision.includes('..')) {
    throw new UserError(`${kind} ${repository}: ${JSON.stringify(revision)} is not a revision; expected a branch, a tag or a commit`);
  }
}

/** For people: `model openai/x@main config.json`. */
export function describeFile({ kind, repository, revision, path }: HubFile): string {
  return `${kind} ${repository}@${revision} ${path}`;
}

/** Where the hub, or a mirror laid out like it, has the file. */
export function fileAddress(base: string, file: HubFile): string {
  const folder = file.kind === 'dataset' ? 'datasets/' : '';
  return `${base}/${folder}${file.repository}/resolve/${encodeURIComponent(file.revision)}/${file.path.split('/').map(encodeURIComponent).join('/')}`;
}

/** The hub's listing of all files of a repository, in pages. */
export function treeAddress(base: string, { kind, repository, revision }: RepositoryName): string {
  return `${base}/api/${kind}s/${repository}/tree/${encodeURIComponent(revision)}?recursive=true`;
}

/** A repository in a mirror folder, which knows no revisions. */
export function mirrorFolder(root: string, { kind, repository }: RepositoryName): string {
  return join(root, kind === 'dataset' ? 'datasets' : '', ...repository.split('/'));
}

/** One revision of a repository in the cache. */
export function cachedRepository(cacheFolder: string, { kind, repository, revision }: RepositoryName): string {
  return join(cacheFolder, 'hub', `${kind}s`, repository.replace('/', '--'), encodeURIComponent(revision));
}

function hasUnsafeCharacter(path: string): boolean {
  // A colon would name a drive or a stream on Windows; control characters break terminals and logs.
  return [...path].some((character) => character === '\\' || character === ':' || character < ' ' || character === '\x7f');
}
