// Thousands of specs and start payloads that nobody meant, as they come through the Temporal UI: each is right, or a UserError
// that says where; never another exception, and never the text of a library.
import { readFileSync } from 'node:fs';
import { ApplicationFailure } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readRequest } from '../../activities/read-request.ts';
import { steps } from '../../activities/steps.ts';
import { UserError } from '../../formats/user-error.ts';
import { checkInput } from '../../workflows/request.ts';

const SHIPPED = ['effective-noise', 'temperature-calibration', 'noise-by-site'];
const specs = SHIPPED.map((name) => parse(readFileSync(new URL(`../../pipelines/${name}.yaml`, import.meta.url), 'utf8')) as object);

/** Exceptions of the language and of libraries have their own ways of speaking. */
const FOREIGN = /ZodError|invalid_type|Invalid input|YAML|Cannot read prop|undefined is not|is not a function|JSON at position|\n\s+at /;

async function outcomeOf(workflowType: string, input: unknown): Promise<'right' | 'refused'> {
  try {
    // The workflow looks at the payload, then an activity at the request.
    await readRequest({ workflowType, input: checkInput(workflowType, input) }, steps);
    return 'right';
  } catch (error) {
    const isOurs = error instanceof UserError || (error instanceof ApplicationFailure && error.type === 'UserError');
    if (!isOurs) throw error;
    expect(error.message).not.toMatch(FOREIGN);
    expect(error.message.length).toBeGreaterThan(10);
    return 'refused';
  }
}

/** A JSON value with one place replaced, removed, renamed or doubled. */
function damaged(value: unknown, path: readonly number[], change: (at: unknown) => unknown): unknown {
  if (path.length === 0 || typeof value !== 'object' || value === null) return change(value);
  const [first, ...rest] = path;
  const keys = Object.keys(value);
  if (keys.length === 0) return change(value);
  const key = keys[first! % keys.length]!;
  const inner = damaged((value as Record<string, unknown>)[key], rest, change);
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? inner : item));
  return { ...value, [key]: inner };
}

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    '$',
    '$params',
    '$params.',
    '$params.nothing',
    '$steps.x',
    '$a.b.c',
    '__proto__',
    '',
    ' ',
    '\u0000',
    '$prompts.ids',
    1e300,
    -1,
    null,
  ),
  fc.string({ unit: 'binary' }),
);

describe('a grid that is started in the Temporal UI', () => {
  it('stands beside the params, in a shipped pipeline and in a spec', async () => {
    const input = { promptCount: 2, matrix: { seed: [1, 2], bos: ['study', 'single'] } };
    const cells = ['bos=study,seed=1', 'bos=single,seed=1', 'bos=study,seed=2', 'bos=single,seed=2'];
    expect((await readRequest({ workflowType: 'effective-noise', input }, steps)).cells).toEqual(cells);
    expect((await readRequest({ workflowType: 'runPipeline', input: { spec: specs[0] as never, params: input } }, steps)).cells).toEqual(
      cells,
    );
  });

  it('is refused with the words of the command line', async () => {
    const input = { matrix: { noiseScales: [[0.1], [0.2]] } };
    await expect(readRequest({ workflowType: 'effective-noise', input }, steps)).rejects.toThrow(
      'noiseScales chooses the values of an axis (scales of noisy)',
    );
  });
});

describe('a start payload', () => {
  it('of a shipped pipeline with any params at all is right or refused in our words', async () => {
    const names = ['promptCount', 'model', 'dataset', 'noiseScales', 'tBase', 'seed', 'device', 'promptCuont', '__proto__', 'constructor'];
    const input = fc.oneof(junk, fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), junk, { maxKeys: 4 }));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SHIPPED), input, async (type, value) => {
        if ((await outcomeOf(type, value)) === 'refused') refused++;
      }),
      { numRuns: 1200 },
    );
    expect(refused).toBeGreaterThan(400);
  }, 120_000);

  it('of a pipeline that does not exist is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), junk, async (type, value) => {
        if (![...SHIPPED, 'runPipeline'].includes(type)) expect(await outcomeOf(type, value)).toBe('refused');
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});

describe('a spec as a payload', () => {
  it('that is anything is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(junk, fc.record({ spec: junk, params: junk }), fc.record({ spec: junk })), async (input) => {
        expect(await outcomeOf('runPipeline', input)).toBe('refused');
      }),
      { numRuns: 1500 },
    );
  }, 60_000);

  it('that was damaged at a random place is right or refused in our words', async () => {
    const path = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 6 });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...specs), path, junk, async (spec, where, value) => {
        const input = { spec: damaged(spec, where, () => value) };
        if ((await outcomeOf('runPipeline', JSON.parse(JSON.stringify(input)))) === 'refused') refused++;
      }),
      { numRuns: 2500 },
    );
    expect(refused).toBeGreaterThan(1000);
  }, 180_000);
});
