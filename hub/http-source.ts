// A server laid out like the hub (the hub itself, or a mirror with an address): files at OWNER/NAME/resolve/REVISION/PATH
// go into the cache, listings come from the hub's tree API.
import { z } from 'zod';
import type { Cache } from './cache.ts';
import { checkAnswer, download } from './download.ts';
import { checkFile, fileAddress, type RepositoryName, treeAddress } from './file-name.ts';
import type { HubOptions, ListedFile } from './hub.ts';
import { claimPartial } from './partial-file.ts';
import { type HttpOptions, request } from './request.ts';
import { Refusal, type Source } from './source.ts';

export interface HttpSourceOptions extends HttpOptions {
  readonly name: string;
  readonly base: string;
  /** Whether plain ETags are hashes of the content. */
  readonly hubEtags: boolean;
  readonly cache: Cache;
}

const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative().default(0),
    oid: z.string().optional(),
    lfs: z.looseObject({ oid: z.string(), size: z.number().int().nonnegative() }).nullish(),
  }),
);

/** Pages of up to 1000 files; a server that sends pages without end must not fill the memory. */
const MAX_PAGES = 100;
/** The same of one page; 1000 files take some 400 kB. */
const MAX_PAGE_BYTES = 20_000_000;

export function httpSource(options: HttpSourceOptions): Source {
  const { name, base, cache } = options;
  return {
    name,
    async locate(file, { signal }) {
      const answer = await request({ address: fileAddress(base, file), method: 'HEAD', signal }, options);
      answer.close();
      checkAnswer(answer, file, options);
      return name;
    },
    async fetchFile(file, { signal, onProgress }) {
      const partial = await claimPartial(cache.pathOf(file));
      try {
        const onBytes = (doneBytes: number, totalBytes: number | null) => onProgress?.({ path: file.path, doneBytes, totalBytes });
        const { sha256, etag } = await download(fileAddress(base, file), file, partial, { ...options, signal, onBytes });
        const fetched = await cache.put(file, partial.bytes, { origin: name, etag, sha256 });
        await partial.remove();
        return fetched;
      } finally {
        await partial.release();
      }
    },
    listFiles: (repository, { signal }) => listTree(repository, options, signal),
  };
}

async function listTree(repository: RepositoryName, options: HttpSourceOptions, signal: HubOptions['signal']): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  const first = treeAddress(options.base, repository);
  let address: string | undefined = first;
  for (let page = 0; address !== undefined; page++) {
    if (page === MAX_PAGES) throw new Refusal('absent', `lists more than ${MAX_PAGES} pages of files`);
    const answer = await request({ address, method: 'GET', signal }, options);
    checkAnswer(answer, { ...repository, path: '' }, options);
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of answer.chunks()) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > MAX_PAGE_BYTES)
        throw new Refusal('absent', `sends more than ${MAX_PAGE_BYTES} bytes for a page of its list of files`);
      chunks.push(chunk);
    }
    files.push(...parseTree(Buffer.concat(chunks).toString('utf8'), repository));
    const next: string | undefined = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
    address = next === undefined ? undefined : nextPage(next, first);
  }
  return files;
}

/** Of the same server, which alone was asked. */
function nextPage(next: string, first: string): string {
  const page = URL.canParse(next, first) ? new URL(next, first) : undefined;
  if (page === undefined || page.origin !== new URL(first).origin)
    throw new Refusal('absent', `continues its list of files at ${JSON.stringify(next.slice(0, 80))}, which is not followed`);
  return page.href;
}

function parseTree(text: string, repository: RepositoryName): ListedFile[] {
  let tree: z.infer<typeof treeSchema>;
  try {
    tree = treeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refusal('absent', 'its list of files is not in the form of the hub', { cause });
  }
  const files = tree.filter(({ type }) => type === 'file');
  for (const { path } of files) checkFile({ ...repository, path });
  return files.map(({ path, size, oid, lfs }) => ({
    path,
    sizeBytes: lfs?.size ?? size,
    ...(lfs && /^[0-9a-f]{64}$/i.test(lfs.oid) ? { sha256: lfs.oid.toLowerCase() } : {}),
    ...(!lfs && /^[0-9a-f]{40}$/i.test(oid ?? '') ? { gitBlob: oid!.toLowerCase() } : {}),
  }));
}
