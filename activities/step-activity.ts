// The activities of steps: one per step type, around `runShard`; and what every activity of ours does with errors: the class
// decides whether another attempt could help.
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { TransientError, UserError } from '../formats/user-error.ts';
import type { StepDefinition } from '../pipelines/step.ts';
import type { ShardInput, ShardResult } from '../workflows/messages.ts';
import { LostError } from './lost-error.ts';
import { listOpener } from './open-list.ts';
import { runShard } from './run-shard.ts';
import type { Services } from './services.ts';

/** A bug is tried again a few times, in case the world caused it, and then ends the run. */
const BUG_ATTEMPTS = 3;
/** Validators print every field of every row; the first lines say what is wrong. */
const MAX_MESSAGE_LETTERS = 600;

/** The activity of one step type. */
export function stepActivity(step: StepDefinition, services: Services): (input: ShardInput) => Promise<ShardResult> {
  const openList = listOpener(step, services);
  return (input) => runActivity(services, (beat) => runShard({ step, services, input, openList, beat }));
}

/** Runs activity code with errors sorted by what a retry could change. The worker beats every second; `beat` says what a beat tells. */
export async function runActivity<T>(services: Pick<Services, 'log'>, work: (beat: (details: unknown) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  try {
    return await work((details) => context.heartbeat(details));
  } catch (error) {
    if (context.cancellationSignal.aborted) throw new CancelledFailure('cancelled', [], error instanceof Error ? error : undefined);
    throw sortError(error, services.log);
  }
}

/** UserError: never again. LostError: for the workflow to mend. TransientError: again, for as long as it takes. Anything else is a bug. */
function sortError(error: unknown, log: (text: string) => void): unknown {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof UserError) return ApplicationFailure.create({ message: error.message, type: 'UserError', nonRetryable: true });
  if (error instanceof LostError)
    return ApplicationFailure.create({ message: error.message, type: 'LostArtifact', nonRetryable: true, details: [error.lost] });
  if (error instanceof TransientError) return ApplicationFailure.create({ message: error.message, type: 'TransientError' });
  const { attempt } = Context.current().info;
  const text = error instanceof Error ? error.message : String(error);
  const message = `${text.slice(0, MAX_MESSAGE_LETTERS)}${text.length > MAX_MESSAGE_LETTERS ? ' ...' : ''}`;
  if (error instanceof Error) log(`unexpected error (attempt ${attempt}): ${error.stack?.slice(0, 2 * MAX_MESSAGE_LETTERS) ?? message}`);
  return ApplicationFailure.create({ message, type: 'BugError', nonRetryable: attempt >= BUG_ATTEMPTS });
}
