// Where the verbs take their noise from: a field over sites, of which any stretch can be asked for. The product's is the
// Philox field of numerics/noise.ts; tests give the references' deterministic one.
import { noiseStream } from '../numerics/coordinates.ts';
import { openNoiseKernel } from '../numerics/noise.ts';
import type { Site } from './graph/sites.ts';

export interface NoiseField {
  /** Writes the site's numbers offset, offset + 1, ... into `out`, all of it; number i is position * width + channel. */
  fill(site: Site, offset: number, out: Float32Array): void;
}

export interface FieldCoordinates {
  readonly prompt: number;
  readonly draw: number;
  /** Given where every scale has its own noise. */
  readonly scale?: number;
}
/** The field of one draw. */
export type NoiseFields = (coordinates: FieldCoordinates) => NoiseField;

/** Standard normals from (seed, prompt, draw, site, i): never from what was asked for before. */
export function philoxFields(seed: number): NoiseFields {
  const kernel = openNoiseKernel();
  return (coordinates) => ({
    fill: (site, offset, out) => kernel.fill(noiseStream({ seed, ...coordinates, site: site.name }), offset, out),
  });
}
