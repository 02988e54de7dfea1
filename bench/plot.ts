// Tokens a second against the number of sequences, as SVG; the peers beside, recorded or measured.
import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';
import type { BatchRate } from './generation.ts';
import type { References } from './references.ts';

export function plotRates(rates: readonly BatchRate[], references: References): string {
  const { document } = new JSDOM('').window;
  const peers = [
    { sequences: 1, reference: references.openvino1 },
    { sequences: 10, reference: references.openvino10 },
    { sequences: 80, reference: references.openvino80 },
  ].map(({ sequences, reference }) => ({ sequences, tokensPerSecond: reference.value, who: `${reference.what} (${reference.source})` }));
  const ours = rates.map((rate) => ({ ...rate, who: 'tstar' }));
  const figure = Plot.plot({
    document,
    width: 720,
    height: 400,
    marginLeft: 60,
    style: { background: 'white', color: '#222' },
    x: { type: 'log', label: 'sequences', ticks: [1, 10, 20, 40, 80], tickFormat: 'd' },
    y: { label: 'tokens / s, EOS ignored, prefill counted', zero: true, grid: true },
    marks: [
      Plot.line(ours, { x: 'sequences', y: 'tokensPerSecond', stroke: '#0072b2' }),
      Plot.dot(ours, { x: 'sequences', y: 'tokensPerSecond', fill: '#0072b2', r: 4 }),
      Plot.dot(peers, { x: 'sequences', y: 'tokensPerSecond', stroke: '#d55e00', symbol: 'square', r: 5 }),
      Plot.text(ours.slice(-1), { x: 'sequences', y: 'tokensPerSecond', text: 'who', dy: -12, textAnchor: 'end', fill: '#0072b2' }),
      Plot.text(peers.slice(-1), { x: 'sequences', y: 'tokensPerSecond', text: 'who', dy: 18, textAnchor: 'end', fill: '#d55e00' }),
    ],
  });
  const svg = figure as SVGSVGElement;
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
