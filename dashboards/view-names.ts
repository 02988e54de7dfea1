// The names of the views, for checking pipelines without loading Plot. A test holds it against views/all.ts.
export const viewNames: readonly string[] = [
  'verdict',
  't-star',
  'calibration',
  'kl-by-temperature',
  'observed-against-predicted',
  'alpha',
  'effective-noise',
  'preservation',
  'effective-mean',
  'calibration-change',
  'reliability',
  'confidence',
  'noise-by-site',
  'step-graph',
  'timeline',
];
