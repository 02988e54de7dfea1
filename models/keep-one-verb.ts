// The session of the verb that runs: opened at its first call and closed when another verb comes, because the packed weights of
// both would add up.
import type { ForwardVerb } from './graph/verb-graphs.ts';
import type { GraphSession } from './runtime/session.ts';

export interface VerbSessions {
  session(verb: ForwardVerb): Promise<GraphSession>;
  close(): Promise<void>;
}

export function keepOneVerb(open: (verb: ForwardVerb) => Promise<GraphSession>): VerbSessions {
  let kept: { readonly verb: ForwardVerb; readonly session: Promise<GraphSession> } | undefined;
  const close = async (): Promise<void> => {
    const closing = kept;
    kept = undefined;
    // A session that failed to open has nothing to close, and said so already.
    await closing?.session.then((session) => session.close()).catch(() => undefined);
  };
  return {
    close,
    async session(verb) {
      if (kept?.verb !== verb) {
        await close();
        kept = { verb, session: open(verb) };
      }
      return kept.session;
    },
  };
}
