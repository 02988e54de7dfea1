// A graph session whose outputs are numbers: one that is NaN or infinite is an error that names the weight it comes from. What
// comes out is looked at every time (it is small), the weights only then (they are not).
import { UserError } from '../formats/user-error.ts';
import { findNotFinite } from '../numerics/find-not-finite.ts';
import { refuseBrokenWeights } from './broken-weights.ts';
import type { ModelFiles } from './engine.ts';
import type { GraphSession } from './runtime/session.ts';

/** `files` are those of the model that the graph is of. */
export function withFiniteOutputs(session: GraphSession, files: Pick<ModelFiles, 'folder' | 'weights' | 'exported'>): GraphSession {
  return {
    async run(feeds, names) {
      const outputs = await session.run(feeds, names);
      for (const [name, { data }] of Object.entries(outputs)) {
        if (!(data instanceof Float32Array) || findNotFinite(data) === undefined) continue;
        await refuseBrokenWeights(files);
        throw new UserError(
          `${files.exported ?? files.folder}: ${name} comes out as no finite number, though every weight is one; the model leaves the range of float32`,
        );
      }
      return outputs;
    },
    close: () => session.close(),
  };
}
