import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../artifacts/digest.ts';
import { decodeIndex, encodeIndex, indexLookUp, makeIndex, outputIndexDigest } from '../../artifacts/index-artifact.ts';

const entry = (prompt: number, scale: number, text = 'x') => ({
  coordinates: { prompt, scale },
  outputs: { states: digestOf(`${prompt} ${scale} ${text}`), rows: digestOf(text) },
});

describe('an index', () => {
  it('sorts numbers by value, not as text, whatever the order of the units', () => {
    const index = makeIndex(['scale', 'prompt'], [entry(10, 0.1), entry(9, 0.2), entry(9, 0.1)]);
    expect(index.entries.map(({ coordinates }) => [coordinates.prompt, coordinates.scale])).toEqual([
      [9, 0.1],
      [9, 0.2],
      [10, 0.1],
    ]);
    expect(index.axes).toEqual(['prompt', 'scale']);
  });

  it('has the same bytes for every order of its units and reads back', () => {
    const units = [entry(0, 0.1), entry(1, 0.1), entry(2, 0.1), entry(10, 0.05), entry(100, 0.05)];
    const bytes = encodeIndex(makeIndex(['prompt', 'scale'], units));
    fc.assert(
      fc.property(fc.shuffledSubarray(units, { minLength: units.length }), (shuffled) => {
        expect(encodeIndex(makeIndex(['scale', 'prompt'], shuffled))).toEqual(bytes);
      }),
    );
    expect(encodeIndex(decodeIndex(bytes))).toEqual(bytes);
  });

  it('refuses two units at one place', () => {
    expect(() => makeIndex(['prompt', 'scale'], [entry(1, 0.1), entry(1, 0.1, 'y')])).toThrow('two units at {"prompt":1,"scale":0.1}');
  });

  it('is looked up by a finer place, projected on its axes', () => {
    const find = indexLookUp(makeIndex(['prompt', 'scale'], [entry(1, 0.1), entry(2, 0.1)]));
    expect(find({ draw: 7, scale: 0.1, prompt: 2 })?.coordinates).toEqual({ prompt: 2, scale: 0.1 });
    expect(find({ prompt: 3, scale: 0.1 })).toBeUndefined();
    expect(find({ prompt: 2 })).toBeUndefined();
    expect(indexLookUp(makeIndex([], [{ coordinates: {}, outputs: {} }]))({ prompt: 3 })).toBeDefined();
  });

  it("of one output does not change with its neighbour's bytes", () => {
    const [before, after] = [
      makeIndex(['prompt', 'scale'], [entry(1, 0.1)]),
      makeIndex(['prompt', 'scale'], [{ ...entry(1, 0.1), outputs: { ...entry(1, 0.1).outputs, rows: digestOf('other') } }]),
    ];
    expect(outputIndexDigest(before, 'states')).toBe(outputIndexDigest(after, 'states'));
    expect(outputIndexDigest(before, 'rows')).not.toBe(outputIndexDigest(after, 'rows'));
  });
});
