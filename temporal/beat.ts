// Every activity beats every second as long as the worker lives, light ones too: a beat is how cancellation arrives, and its
// absence how a lost worker or a completion that a killed server dropped is noticed. What the activity itself last
// reported travels with each beat, and what an earlier attempt reported until then.
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors } from '@temporalio/worker';

const BEAT_INTERVAL_MS = 1000;

export function beatEverySecond(context: Context): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        const own: { heartbeat: (details?: unknown) => void } = context;
        const send = own.heartbeat;
        let details: unknown = context.info.heartbeatDetails;
        own.heartbeat = (reported) => {
          details = reported;
          send(reported);
        };
        const beat = setInterval(() => send(details), BEAT_INTERVAL_MS);
        try {
          return await next(input);
        } finally {
          clearInterval(beat);
        }
      },
    },
  };
}
