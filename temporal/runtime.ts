// The SDK's native runtime, set up once per process: warnings and errors only, as plain lines for people, and no signal
// handlers of its own (what Ctrl-C means is the command line's to decide).
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

let installed = false;

/** What the SDK warns of and we do on purpose: queues of activities only. */
const EXPECTED = ['No workflows registered'];

/** Call before anything else of the SDK that is native (connections, workers). Later calls change nothing. */
export function installRuntime(log: (line: string) => void): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => {
      if (!EXPECTED.some((text) => entry.message.includes(text))) log(formatEntry(entry));
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}

/** `warning: Activity failed (captureHidden, attempt 2): disk full` in place of a block of metadata. */
function formatEntry({ level, message, meta }: LogEntry): string {
  const about = meta as { activityType?: string; attempt?: number; workflowId?: string; error?: unknown } | undefined;
  const attempt = about?.attempt === undefined ? '' : `, attempt ${about.attempt}`;
  const place = about?.activityType === undefined ? (about?.workflowId ?? '') : `${about.activityType}${attempt}`;
  const reason = about?.error instanceof Error ? `: ${about.error.message}` : '';
  return `${level === 'WARN' ? 'warning' : level.toLowerCase()}: ${message}${place === '' ? '' : ` (${place})`}${reason}`;
}
