// The verb `capture`: the LM head's input of clean passes. One prompt at a time, without padding, so a prompt's numbers
// do not depend on its neighbours.
import { stdUnbiased } from '../numerics/moments.ts';
import type { CaptureRequest, HiddenState } from './engine.ts';
import type { ForwardEngine, VerbControl } from './forward-engine.ts';
import { HEAD_SITE } from './graph/sites.ts';

export async function* capture(
  engine: ForwardEngine,
  request: CaptureRequest,
  { progress }: VerbControl = {},
): AsyncGenerator<HiddenState> {
  const session = await engine.session('capture');
  for (const [done, { prompt, ids, keepFrom }] of request.prompts.entries()) {
    const outputs = await session.run(engine.promptFeeds(ids), [HEAD_SITE]);
    const hidden = outputs[HEAD_SITE]!.data as Float32Array;
    const hiddenLast = hidden.slice(hidden.length - engine.hiddenSize);
    progress?.(`${done + 1} of ${request.prompts.length} prompts`);
    yield {
      prompt,
      positions: ids.length,
      hiddenLast,
      hiddenStd: stdUnbiased(hidden),
      hiddenLastStd: stdUnbiased(hiddenLast),
      ...(keepFrom === undefined ? {} : { hidden: hidden.slice(keepFrom * engine.hiddenSize) }),
    };
  }
}
