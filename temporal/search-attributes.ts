// The attributes by which the UI's list of runs can be filtered. `start-dev --search-attribute` adds nothing to an existing
// SQLite file, so they are registered through the operator API after each start; a foreign cluster has them or has not.
import type { Client } from '@temporalio/client';

export const SEARCH_ATTRIBUTES = ['TstarPipeline', 'TstarModel', 'TstarDigest'] as const;
/** INDEXED_VALUE_TYPE_KEYWORD of temporal.api.enums.v1; the package of its enums has no named exports at run time. */
const KEYWORD = 2;

/** Those of ours that the server knows: a run may upsert no others. */
export async function knownSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.filter((name) => customAttributes?.[name] === KEYWORD);
}

export async function registerSearchAttributes(client: Client, namespace: string): Promise<void> {
  const known = await knownSearchAttributes(client, namespace);
  const missing = SEARCH_ATTRIBUTES.filter((name) => !known.includes(name));
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
