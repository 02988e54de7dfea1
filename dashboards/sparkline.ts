// A run in a line of a table, without axes: best T (continuous, by KL) as dots and T* as a line, against noise; or accuracy against
// confidence. What differs between dots and line is what the run is about; the figures on its page have the numbers.
import * as Plot from '@observablehq/plot';
import type { ReliabilityRow } from '../artifacts/calibration-record.ts';
import type { TStarRow } from '../artifacts/study-record.ts';
import { dropMarkNames, roundNumbers } from './views/figure.ts';
import { colour } from './views/palette.ts';

const WIDTH = 150;
const HEIGHT = 40;
const MARGIN = 5;

/** SVG text; undefined for fewer than two noise levels, which make no line. */
export function drawSparkline(rows: readonly TStarRow[] | undefined, document: Document): string | undefined {
  if (rows === undefined || rows.length < 2) return undefined;
  const largest = rows.reduce((a, b) => (b.noise > a.noise ? b : a));
  return drawSmall(
    document,
    `T star and best T against noise: ${largest.tStar.toFixed(2)} and ${largest.bestTKlContinuous.toFixed(2)} at noise ${largest.noise}`,
    {
      x: { type: rows.every(({ noise }) => noise > 0) ? 'log' : 'linear' },
      y: { nice: false },
      marks: [
        Plot.line(rows, { x: 'noise', y: 'tStar', stroke: colour('blue'), strokeWidth: 1.5 }),
        Plot.ruleX(rows, {
          x: 'noise',
          y1: 'bestTKlContinuousLow',
          y2: 'bestTKlContinuousHigh',
          stroke: colour('orange'),
          strokeOpacity: 0.5,
        }),
        Plot.dot(rows, { x: 'noise', y: 'bestTKlContinuous', r: 2.5, fill: colour('orange') }),
      ],
    },
  );
}

/** SVG text of a reliability diagram; undefined without bins. */
export function drawReliabilitySparkline(rows: readonly ReliabilityRow[] | undefined, document: Document): string | undefined {
  const filled = (rows ?? []).filter(({ count }) => count > 0);
  if (filled.length === 0) return undefined;
  const of = (state: ReliabilityRow['state']) => filled.filter((row) => row.state === state);
  return drawSmall(document, 'Accuracy against confidence, before and after', {
    x: { domain: [0, 1] },
    y: { domain: [0, 1] },
    marks: [
      Plot.line([0, 1], { x: (value: number) => value, y: (value: number) => value, stroke: colour('muted'), strokeWidth: 1 }),
      Plot.dot(of('before'), { x: 'confidence', y: 'accuracy', r: 2, stroke: colour('orange') }),
      Plot.dot(of('after'), { x: 'confidence', y: 'accuracy', r: 2, fill: colour('blue') }),
    ],
  });
}

function drawSmall(document: Document, label: string, plot: Plot.PlotOptions): string {
  const svg = Plot.plot({
    document,
    className: 'plot',
    width: WIDTH,
    height: HEIGHT,
    margin: MARGIN,
    axis: null,
    ...plot,
  } as Plot.PlotOptions) as unknown as SVGSVGElement;
  svg.querySelector('style')?.remove();
  dropMarkNames(svg);
  const attributes = { role: 'img', 'aria-label': label, xmlns: 'http://www.w3.org/2000/svg' };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  roundNumbers(svg);
  return svg.outerHTML;
}
