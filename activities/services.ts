// What a worker lends to the steps it runs: the store, the hub and open models. One model session is kept for each device, whose
// queue runs one model step at a time: a session holds the weights and its caches in a process of its own, and two of them would
// not fit where one does.
import type { Store } from '../artifacts/store.ts';
import type { Hub } from '../hub/hub.ts';
import type { Device, EngineOptions, ModelFiles, ModelSession } from '../models/engine.ts';

export interface Services {
  readonly store: Store;
  readonly hub: Hub;
  /** One line for people: which source was left for the next one, what is being fetched. */
  log(text: string): void;
  /** Fetches (once) and verifies a model; says where it lies. */
  modelFiles(name: string, signal: AbortSignal): Promise<ModelFiles>;
  /** The session of a model, kept open between calls; asking for another one on its device closes the one before. */
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
  const files = new Map<string, { readonly fetched: Promise<ModelFiles>; readonly signal: AbortSignal }>();
  const open = new Map<Device, { readonly id: string; readonly session: Promise<ModelSession> }>();

  const startFetch = (name: string, signal: AbortSignal) => {
    const fetched = import('../models/fetch-model.ts').then(({ fetchModel }) => fetchModel(name, { hub, signal, onProgress: log }));
    const started = { fetched, signal };
    files.set(name, started);
    fetched.catch(() => files.delete(name));
    return started;
  };
  const modelFiles = async (name: string, signal: AbortSignal): Promise<ModelFiles> => {
    for (;;) {
      const started = files.get(name) ?? startFetch(name, signal);
      try {
        return await started.fetched;
      } catch (error) {
        // Whoever had asked for it first may have been cancelled.
        if (signal.aborted || !started.signal.aborted) throw error;
      }
    }
  };
  const closeSession = async (session: Promise<ModelSession> | undefined): Promise<void> => {
    await session?.then((opened) => opened.close()).catch(() => undefined);
  };

  return {
    store,
    hub,
    log,
    modelFiles,
    openModel: async (name, { signal, exported, ...options }) => {
      const model = await modelFiles(name, signal);
      const id = JSON.stringify([name, exported, Object.entries(options).sort()]);
      const last = open.get(options.device);
      if (last?.id === id) return last.session;
      const session = closeSession(last?.session).then(async () => {
        const { openSession } = await import('../models/runtime/open-session.ts');
        return openSession(exported === undefined ? model : { ...model, exported }, options);
      });
      open.set(options.device, { id, session });
      return session;
    },
    close: async () => {
      const sessions = [...open.values()].map(({ session }) => session);
      open.clear();
      await Promise.all(sessions.map(closeSession));
    },
  };
}
