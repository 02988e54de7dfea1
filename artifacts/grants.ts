// What the command line vouches for: paths outside a worker's roots that one request may name. Who can write the store is
// trusted, as a user of this machine; a grant is for a workflow type with one input, so that it serves nobody's other spec.
import { z } from 'zod';
import { canonicalJsonBytes } from './canonical-json.ts';
import { digestOf } from './digest.ts';
import type { Store } from './store.ts';

/** What a run is started with. */
export interface GrantedRequest {
  readonly workflowType: string;
  readonly input: unknown;
}

const grantSchema = z.object({ format: z.literal(1), paths: z.array(z.string()) });

/** `paths`: absolute, with every link resolved. */
export async function putGrant(store: Store, request: GrantedRequest, paths: readonly string[]): Promise<void> {
  await store.putDocument(grantDocument(request), canonicalJsonBytes({ format: 1, paths: [...paths] }));
}

/** Empty where there is no grant, or none that can be read. */
export async function getGrant(store: Store, request: GrantedRequest): Promise<readonly string[]> {
  const bytes = await store.getDocument(grantDocument(request));
  try {
    return bytes === undefined ? [] : grantSchema.parse(JSON.parse(new TextDecoder().decode(bytes))).paths;
  } catch {
    return [];
  }
}

function grantDocument({ workflowType, input }: GrantedRequest): string {
  return `grants/${digestOf(canonicalJsonBytes({ workflowType, input }))}.json`;
}
