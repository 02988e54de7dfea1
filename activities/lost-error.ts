// What a run finds lost from its store (deleted, or damaged so that it counts as missing) after it was found whole. Trying
// the same again would not bring it back: the error says what to look up again, and the workflow has it made again.
import { TransientError } from '../formats/user-error.ts';
import type { Lost } from '../workflows/messages.ts';

export class LostError extends TransientError {
  readonly lost: Lost;

  constructor(lost: Lost) {
    super(`${lost.what} was lost from the store; run the pipeline again to recompute it`);
    this.lost = lost;
  }
}
