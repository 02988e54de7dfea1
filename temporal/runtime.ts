// The SDK's native runtime, set up once per process: warnings and errors only, as plain lines for people, and no signal
// handlers of its own (what Ctrl-C means is the command line's to decide).
import { DefaultLogger, type LogEntry, Runtime } from '@temporalio/worker';

let installed = false;

/** Call before anything else of the SDK that is native (connections, workers). Later calls change nothing. */
export function installRuntime(log: (line: string) => void): void {
  if (installed) return;
  installed = true;
  const format = openFormat(Date.now);
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => {
      const line = format(entry);
      if (line !== null) log(line);
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    shutdownSignals: [],
  });
}

/** Every poller of every queue complains by itself, every few seconds. */
const OUTAGE_INTERVAL_MS = 30_000;

/** The line for an entry, null for what needs no words. The clock is handed in. */
export function openFormat(nowMs: () => number): (entry: LogEntry) => string | null {
  let saidOutageAtMs = Number.NEGATIVE_INFINITY;
  return (entry) => {
    if (isExpected(entry)) return null;
    if (!isOutage(entry.message)) return formatEntry(entry);
    if (nowMs() - saidOutageAtMs < OUTAGE_INTERVAL_MS) return null;
    saidOutageAtMs = nowMs();
    return 'warning: the Temporal server does not answer; trying again';
  };
}

function isOutage(message: string): boolean {
  return message.startsWith('gRPC call') || (message.startsWith('Error when recording heartbeat') && message.includes('Unavailable'));
}

interface About {
  readonly activityType?: string;
  readonly attempt?: number;
  readonly workflowId?: string;
  readonly error?: unknown;
}

/** Queues of activities only are meant so; what ended while it was being cancelled or reset is not found afterwards, nor a query that nobody waits for any more; why a worker fails is told by whoever runs it. */
const EXPECTED = [
  'No workflows registered',
  'Workflow failed',
  'Worker failed',
  'Activity not found on completion',
  'Task not found when completing',
  'Query not found when attempting to respond',
];

/** A run that fails, on bad input above all, is told to whoever started it. */
function isExpected({ message, meta }: LogEntry): boolean {
  const { error } = (meta ?? {}) as About;
  if (EXPECTED.some((text) => message.startsWith(text))) return true;
  return error instanceof Error && (error.name === 'UserError' || (error as { type?: unknown }).type === 'UserError');
}

/** `warning: Activity failed (captureHidden, attempt 2): disk full` in place of a block of metadata. */
function formatEntry({ level, message, meta }: LogEntry): string {
  const { activityType, attempt, workflowId, error } = (meta ?? {}) as About;
  const place = activityType === undefined ? (workflowId ?? '') : `${activityType}${attempt === undefined ? '' : `, attempt ${attempt}`}`;
  const reason = error instanceof Error ? `: ${error.message}` : '';
  return `${level === 'WARN' ? 'warning' : level.toLowerCase()}: ${message}${place === '' ? '' : ` (${place})`}${reason}`;
}
