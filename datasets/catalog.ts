// The datasets that tstar knows by name. A split's digest is over its canonical rows (canonical-rows.ts), so the same rows in
// another encoding are the same dataset, and every cache key is known before anything is downloaded.

export interface CatalogSplit {
  /** Path in the repository on the hub, or in datasets/ of this package. */
  readonly file: string;
  readonly rowCount: number;
  readonly digest: string;
}

export interface CatalogEntry {
  readonly description: string;
  /** Where the files are: a dataset repository on the hub, or shipped with this package. */
  readonly from: { readonly kind: 'hub'; readonly repository: string; readonly revision: string } | { readonly kind: 'shipped' };
  readonly splits: Readonly<Record<string, CatalogSplit>>;
}

export const catalog: Readonly<Record<string, CatalogEntry>> = {
  gsm8k: {
    description: 'GSM8K, grade-school math word problems (Cobbe et al. 2021), config main',
    from: { kind: 'hub', repository: 'openai/gsm8k', revision: 'main' },
    splits: {
      test: {
        file: 'main/test-00000-of-00001.parquet',
        rowCount: 1319,
        digest: '3fb31cfaeb4e270b7a44e0f3d244d96494e3c0956e699a1670ba24af1522cabd',
      },
      train: {
        file: 'main/train-00000-of-00001.parquet',
        rowCount: 7473,
        digest: 'f23d761f3315a79bf59eb4deeda29ed369ca66e29f9f495e1a5d6403a446ba3d',
      },
    },
  },
  'word-problems': {
    description: 'Grade-school word problems written for tstar, in the schema of GSM8K; needs no hub',
    from: { kind: 'shipped' },
    splits: {
      test: {
        file: 'word-problems/test.parquet',
        rowCount: 48,
        digest: '52bff1a68c53b868e748b86324b80ffe3122e31cb8dfbc9165e15f839cf355c0',
      },
    },
  },
};
