// What a worker lends to the steps it runs: the store, the hub and open models. One model session is kept for each device, whose
// queue runs one model step at a time: a session holds the weights and its caches in a process of its own, and two of them would
// not fit where one does.
import type { Store } from '../artifacts/store.ts';
import { UserError } from '../formats/user-error.ts';
import type { Hub } from '../hub/hub.ts';
import type { Device, EngineOptions, ModelFiles, ModelSession } from '../models/engine.ts';
import type { ModelSource } from '../pipelines/sources.ts';

export interface Services {
  readonly store: Store;
  readonly hub: Hub;
  /** One line for people: which source was left for the next one, what is being fetched. */
  log(text: string): void;
  /**
   * Fetches (once) and verifies a model; says where it lies. Throws a UserError where the tokenizer (or the engine: weights and
   * config) is another now than the run was planned with: its keys are those of the planned one.
   */
  modelFiles(source: ModelSource, uses: 'tokenizer' | 'engine', signal: AbortSignal): Promise<ModelFiles>;
  /** The session of a model, kept open between calls; asking for another one on its device closes the one before. */
  openModel(source: ModelSource, options: ModelOptions): Promise<ModelSession>;
  close(): Promise<void>;
}

export interface ModelOptions extends EngineOptions {
  /** The graph that somebody exported, beside the model's own files: that one instead of the one built here. */
  readonly exported?: string;
  readonly signal: AbortSignal;
}

interface Fetched {
  readonly files: ModelFiles;
  /** What these files are, whatever the name stood for before. */
  readonly digests: ModelSource['digests'];
  /** As they were when that was looked up. */
  readonly stamp: string;
}

interface Fetching {
  readonly fetched: Promise<Fetched>;
  readonly signal: AbortSignal;
}

async function fetchAndResolve(
  name: string,
  { hub, signal, log }: Pick<Services, 'hub' | 'log'> & { readonly signal: AbortSignal },
): Promise<Fetched> {
  const { fetchModel } = await import('../models/fetch-model.ts');
  const { resolveModel } = await import('../models/resolve-model.ts');
  const { modelStamp } = await import('../models/file-stamp.ts');
  const files = await fetchModel(name, { hub, signal, onProgress: log });
  const stamp = await modelStamp(files);
  const { digests } = await resolveModel(name, { hub, signal });
  return { files, digests, stamp };
}

/** Builds the services of one worker. */
export function createServices({ store, hub, log }: Pick<Services, 'store' | 'hub' | 'log'>): Services {
  const files = new Map<string, Fetching>();
  const open = new Map<Device, { readonly id: string; readonly session: Promise<ModelSession> }>();

  const startFetch = (name: string, signal: AbortSignal): Fetching => {
    const started = { fetched: fetchAndResolve(name, { hub, signal, log }), signal };
    files.set(name, started);
    started.fetched.catch(() => forget(name, started));
    return started;
  };
  const forget = (name: string, started: Fetching): void => {
    if (files.get(name) === started) files.delete(name);
  };
  const filesNow = async (name: string, signal: AbortSignal): Promise<Fetched> => {
    const { modelStamp } = await import('../models/file-stamp.ts');
    for (;;) {
      const started = files.get(name) ?? startFetch(name, signal);
      try {
        const fetched = await started.fetched;
        if ((await modelStamp(fetched.files)) === fetched.stamp) return fetched;
      } catch (error) {
        // Whoever had asked for it first may have been cancelled.
        if (signal.aborted || !started.signal.aborted) throw error;
      }
      signal.throwIfAborted();
      forget(name, started);
    }
  };
  const plannedModel = async ({ name, digests }: ModelSource, uses: 'tokenizer' | 'engine', signal: AbortSignal): Promise<Fetched> => {
    const known = files.get(name);
    let fetched = await filesNow(name, signal);
    // A branch of the hub may have moved since it was fetched, and the run be planned with what it is now.
    if (fetched.digests[uses] !== digests[uses] && known !== undefined) {
      forget(name, known);
      fetched = await filesNow(name, signal);
    }
    const [planned, here] = [digests[uses], fetched.digests[uses]];
    if (planned === here) return fetched;
    throw new UserError(
      `model ${name} is another one now: the run was planned with ${uses} ${planned.slice(0, 12)}, its files here make ${here.slice(0, 12)}; start the run again (what is computed stays)`,
    );
  };
  const closeSession = async (session: Promise<ModelSession> | undefined): Promise<void> => {
    await session?.then((opened) => opened.close()).catch(() => undefined);
  };

  return {
    store,
    hub,
    log,
    modelFiles: async (source, uses, signal) => (await plannedModel(source, uses, signal)).files,
    openModel: async (source, { signal, exported, ...options }) => {
      const { files: model, digests } = await plannedModel(source, 'engine', signal);
      const id = JSON.stringify([source.name, digests.engine, exported, Object.entries(options).sort()]);
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
