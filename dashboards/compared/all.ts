// The figures of a comparison: views as all others, drawn where the page has other runs beside its own.
import type { View } from '../views/view.ts';
import { comparedEffectiveNoise } from './effective-noise.ts';
import { comparedTStar } from './t-star.ts';

export const comparedViews: readonly View[] = [comparedTStar, comparedEffectiveNoise];
