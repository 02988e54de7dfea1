// Both drawings of the graph of steps: nothing on top of anything, and every line from what is read to its reader.
import { describe, expect, it } from 'vitest';
import { layOutLayers, layOutList, type StepLayout, stepEdges } from '../../dashboards/step-layout.ts';
import { fixtureRun } from './fixture.ts';

const { nodes } = fixtureRun().record;
const size = { width: 150, height: 60 };
const layouts: readonly (readonly [string, StepLayout])[] = [
  ['layers', layOutLayers(nodes, size)],
  ['list', layOutList(nodes, { width: 330, height: 50 })],
];

it('reads the edges from the steps’ inputs, leaving out what is no step of the run', () => {
  const edges = stepEdges(nodes).map(({ from, to }) => `${from} ${to}`);
  expect(edges).toContain('questions prompts');
  expect(edges).toContain('scores fit');
  expect(edges).toHaveLength(nodes.reduce((sum, { inputs }) => sum + Object.keys(inputs).length, 0));
  expect(stepEdges(nodes.filter(({ id }) => id !== 'questions')).some(({ from }) => from === 'questions')).toBe(false);
});

describe.each(layouts)('%s', (_, { boxes, boxSize, lines, width, height }) => {
  const sides = [...boxes].map(([id, { x, y }]) => ({
    id,
    left: x - boxSize.width / 2,
    right: x + boxSize.width / 2,
    top: y - boxSize.height / 2,
    bottom: y + boxSize.height / 2,
  }));

  it('keeps boxes apart and inside the picture', () => {
    for (const box of sides) {
      expect(Math.min(box.left, box.top)).toBeGreaterThanOrEqual(0);
      expect(box.right).toBeLessThanOrEqual(width);
      expect(box.bottom).toBeLessThanOrEqual(height);
    }
    const overlapping = sides.flatMap((a, i) =>
      sides.slice(i + 1).filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom),
    );
    expect(overlapping).toEqual([]);
  });

  it('draws one line per pair of steps, from a side of the one to the left side of the other', () => {
    const pairs = new Set(stepEdges(nodes).map(({ from, to }) => `${from} ${to}`));
    expect(new Set(lines.map(({ from, to }) => `${from} ${to}`))).toEqual(pairs);
    expect(lines).toHaveLength(pairs.size);
    for (const { from, to, points } of lines) {
      const [writer, reader] = [sides.find(({ id }) => id === from)!, sides.find(({ id }) => id === to)!];
      expect([writer.left, writer.right]).toContain(points[0]!.x);
      expect(points.at(-1)!.x).toBe(reader.left);
      expect(points.at(-1)!.y).toBeGreaterThan(reader.top);
      expect(points.at(-1)!.y).toBeLessThan(reader.bottom);
    }
  });
});

it('puts every step to the right of what it reads, or below it', () => {
  const [layers, list] = layouts.map(([, layout]) => layout.boxes) as [StepLayout['boxes'], StepLayout['boxes']];
  for (const { from, to } of stepEdges(nodes)) {
    expect(layers.get(to)!.x).toBeGreaterThan(layers.get(from)!.x + size.width);
    expect(list.get(to)!.y).toBeGreaterThan(list.get(from)!.y);
  }
});
