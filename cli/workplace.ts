// What most commands need: where .tstar/ is, its store, the hub with its settings, and a line-by-line log on stderr.
import type { Store } from '../artifacts/store.ts';
import { type FolderStoreOptions, openFolderStore } from '../artifacts/stores/folder.ts';
import { createHub } from '../hub/create-hub.ts';
import type { Hub } from '../hub/hub.ts';
import { readHubSettings } from '../hub/settings.ts';
import { findHome } from '../temporal/home.ts';

export interface Workplace {
  /** The `.tstar` folder. */
  readonly home: string;
  readonly store: Store;
  readonly hub: Hub;
  /** One line for people, on stderr. */
  log(text: string): void;
}

/** `sweep` removes what dead writers left in the store; it reads every folder. */
export async function openWorkplace(options: Pick<FolderStoreOptions, 'sweep'> = {}): Promise<Workplace> {
  const home = findHome();
  return { home, store: await openFolderStore(home, { ...options, warn: log }), hub: openHub(), log };
}

/** The hub alone, for commands that need no store. */
export function openHub(): Hub {
  return createHub({ ...readHubSettings(process.env), fetch: globalThis.fetch, log });
}

export function log(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints one JSON document on stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
