// Sessions that outlive their use: opening one packs a copy of the weights (half a second for SmolLM2), so those that were
// closed wait for the next use of the same graph, as many as the memory is meant to hold.
import type { BuiltGraph } from './graph/graph-builder.ts';
import type { GraphSession } from './runtime/session.ts';

export interface KeptSessions {
  /** A session of this graph, kept or new; its `close` gives it back. */
  open(built: BuiltGraph): Promise<GraphSession>;
  /** Closes those that nobody uses. */
  closeIdle(): Promise<void>;
}

export function keepSessions(openSession: (built: BuiltGraph) => Promise<GraphSession>, capacity: number): KeptSessions {
  const idle = new Map<string, GraphSession>();
  let inUse = 0;
  /** The longest unused first, until there is room for one more. */
  const makeRoom = async (): Promise<void> => {
    for (const [digest, session] of idle) {
      if (inUse + idle.size < capacity) return;
      idle.delete(digest);
      await session.close();
    }
  };
  const giveBack = async (digest: string, session: GraphSession): Promise<void> => {
    inUse--;
    if (idle.has(digest) || inUse + idle.size >= capacity) await session.close();
    else idle.set(digest, session);
  };
  return {
    async open(built) {
      const kept = idle.get(built.digest);
      idle.delete(built.digest);
      if (kept === undefined) await makeRoom();
      inUse++;
      const session =
        kept ??
        (await openSession(built).catch((error: unknown) => {
          inUse--;
          throw error;
        }));
      let closed = false;
      return {
        run: (feeds, outputs) => session.run(feeds, outputs),
        async close() {
          if (closed) return;
          closed = true;
          await giveBack(built.digest, session);
        },
      };
    },
    async closeIdle() {
      const closing = [...idle.values()];
      idle.clear();
      for (const session of closing) await session.close();
    },
  };
}
