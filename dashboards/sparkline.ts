// A run in a line of a table: best T (continuous, by KL) as dots and T* as a line, against noise, without axes. What differs
// between the two is what the run is about; the figures on its page have the numbers.
import * as Plot from '@observablehq/plot';
import type { TStarRow } from '../artifacts/run-record.ts';
import { dropMarkNames, roundNumbers } from './views/figure.ts';
import { colour } from './views/palette.ts';

const WIDTH = 150;
const HEIGHT = 40;
const MARGIN = 5;

/** SVG text; undefined for fewer than two noise levels, which make no line. */
export function drawSparkline(rows: readonly TStarRow[] | undefined, document: Document): string | undefined {
  if (rows === undefined || rows.length < 2) return undefined;
  const svg = Plot.plot({
    document,
    className: 'plot',
    width: WIDTH,
    height: HEIGHT,
    margin: MARGIN,
    axis: null,
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
  } as Plot.PlotOptions) as unknown as SVGSVGElement;
  svg.querySelector('style')?.remove();
  dropMarkNames(svg);
  const largest = rows.reduce((a, b) => (b.noise > a.noise ? b : a));
  const attributes = {
    role: 'img',
    'aria-label': `T star and best T against noise: ${largest.tStar.toFixed(2)} and ${largest.bestTKlContinuous.toFixed(2)} at noise ${largest.noise}`,
    xmlns: 'http://www.w3.org/2000/svg',
  };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  roundNumbers(svg);
  return svg.outerHTML;
}
