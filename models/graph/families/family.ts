// What one decoder family is, as a value that the one builder reads: which published names it goes by, which of its
// parts a config may switch on, and which config keys have a meaning that the builder knows.

/** Which projections carry a bias; which extra norms stand in the attention. */
export interface FamilyParts {
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** RMS norm over each head of q and k, before the rotation. */
  readonly queryKeyNorm: boolean;
}

export interface Family {
  /** `model_type` in config.json. */
  readonly name: string;
  /** `architectures[0]` in config.json. */
  readonly architecture: string;
  /** Rotary base where config.json names none. */
  readonly defaultRopeTheta: number;
  /** transformers' default for `tie_word_embeddings`. */
  readonly defaultTiedHead: boolean;
  /** Reads the family's own switches; keys that it reads are allowed to be set. */
  readonly switches: readonly string[];
  parts(isOn: (key: string) => boolean): FamilyParts;
}
