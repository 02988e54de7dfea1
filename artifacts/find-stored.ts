// Finds what a person names by the first digits of its key or digest, as tables print them.
import { UserError } from '../formats/user-error.ts';
import type { CacheKey, Digest } from './digest.ts';
import type { Store } from './store.ts';

export type Found = { readonly kind: 'manifest'; readonly key: CacheKey } | { readonly kind: 'object'; readonly digest: Digest };

/** Fewer digits name too much by chance. */
const MIN_DIGITS = 6;
const SHOWN = 5;

/** Throws a UserError where nothing, or more than one thing, begins with these digits. */
export async function findStored(store: Store, digits: string, wanted: 'any' | Found['kind'] = 'any'): Promise<Found> {
  const prefix = digits.toLowerCase();
  if (!/^[0-9a-f]{6,64}$/.test(prefix))
    throw new UserError(`${JSON.stringify(digits)} is no key or digest: give ${MIN_DIGITS} to 64 hex digits (tstar cache ls shows keys)`);
  const found: Found[] = [];
  if (wanted !== 'object')
    for await (const { name } of store.listKeys()) if (name.startsWith(prefix)) found.push({ kind: 'manifest', key: name });
  if (wanted !== 'manifest')
    for await (const { name } of store.listObjects()) if (name.startsWith(prefix)) found.push({ kind: 'object', digest: name });
  const [first, second] = found;
  if (first === undefined)
    throw new UserError(
      `no ${wanted === 'any' ? 'manifest or object' : wanted} in ${store.location} begins with ${prefix} (tstar cache ls lists the keys)`,
    );
  if (second === undefined) return first;
  const names = found.slice(0, SHOWN).map((one) => `${one.kind} ${one.kind === 'manifest' ? one.key : one.digest}`);
  throw new UserError(`${prefix} is ambiguous: ${names.join(', ')}${found.length > SHOWN ? ', ...' : ''}; give more digits`);
}
