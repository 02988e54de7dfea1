// The session of the verb, or of the declared graph, that runs: opened at its first call and closed when another one comes, because
// the packed weights of both would add up.
import type { ForwardDeclaration } from './graph/forward.ts';
import type { ForwardVerb } from './graph/verb-graphs.ts';
import type { GraphSession } from './runtime/session.ts';

export interface VerbSessions {
  session(graph: ForwardVerb | ForwardDeclaration): Promise<GraphSession>;
  close(): Promise<void>;
}

export function keepOneVerb(open: (graph: ForwardVerb | ForwardDeclaration) => Promise<GraphSession>): VerbSessions {
  let kept: { readonly name: string; readonly session: Promise<GraphSession> } | undefined;
  const close = async (): Promise<void> => {
    const closing = kept;
    kept = undefined;
    // A session that failed to open has nothing to close, and said so already.
    await closing?.session.then((session) => session.close()).catch(() => undefined);
  };
  return {
    close,
    async session(graph) {
      const name = typeof graph === 'string' ? graph : JSON.stringify(graph);
      if (kept?.name !== name) {
        await close();
        kept = { name, session: open(graph) };
      }
      return kept.session;
    },
  };
}
