// What a worker lends to the steps it runs: the store, the hub and open models. One model session at a time is kept: a
// session holds the weights and its caches in a process of its own, and two of them would not fit where one does.
import type { Store } from '../artifacts/store.ts';
import type { Hub } from '../hub/hub.ts';
import type { EngineOptions, ModelFiles, ModelSession } from '../models/engine.ts';

export interface Services {
  readonly store: Store;
  readonly hub: Hub;
  /** One line for people: which source was left for the next one, what is being fetched. */
  log(text: string): void;
  /** Fetches (once) and verifies a model; says where it lies. */
  modelFiles(name: string, signal: AbortSignal): Promise<ModelFiles>;
  /** The session of a model, kept open between calls; asking for another model closes the one before. */
  openModel(name: string, options: ModelOptions): Promise<ModelSession>;
  close(): Promise<void>;
}

export interface ModelOptions extends EngineOptions {
  /** The graph that somebody exported, beside the model's own files: that one instead of the one built here. */
  readonly exported?: string;
  readonly signal: AbortSignal;
}

/** Builds the services of one worker. */
export function createServices({ store, hub, log }: Pick<Services, 'store' | 'hub' | 'log'>): Services {
  const files = new Map<string, Promise<ModelFiles>>();
  let open: { readonly id: string; readonly session: Promise<ModelSession> } | undefined;

  const modelFiles = (name: string, signal: AbortSignal): Promise<ModelFiles> => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const fetched = import('../models/fetch-model.ts').then(({ fetchModel }) => fetchModel(name, { hub, signal, onProgress: log }));
    files.set(name, fetched);
    fetched.catch(() => files.delete(name));
    return fetched;
  };
  const closeOpen = async (): Promise<void> => {
    const last = open;
    open = undefined;
    if (last !== undefined) await last.session.then((session) => session.close()).catch(() => undefined);
  };

  return {
    store,
    hub,
    log,
    modelFiles,
    openModel: async (name, { signal, exported, ...options }) => {
      const id = JSON.stringify([name, exported, Object.entries(options).sort()]);
      if (open?.id === id) return open.session;
      await closeOpen();
      const session = modelFiles(name, signal).then(async (model) => {
        const { openSession } = await import('../models/runtime/open-session.ts');
        return openSession(exported === undefined ? model : { ...model, exported }, options);
      });
      open = { id, session };
      session.catch(() => {
        if (open?.session === session) open = undefined;
      });
      return session;
    },
    close: closeOpen,
  };
}
