// Whoever exported a graph chose how it holds its weights.
import { UserError } from '../../formats/user-error.ts';
import type { Precision } from '../engine.ts';

export function refusePrecision(precision: Precision): void {
  if (precision !== 'float32')
    throw new UserError(
      `precision ${precision}: an exported graph keeps the precision that it has; leave it at float32, or use the model's own weights`,
    );
}
