// What one decoder family is, as a value that the one builder reads: which published names it goes by, which of its
// parts a config may switch on, and which config keys have a meaning that the builder knows.
import type { RopeKind } from '../rope-config.ts';

/** What the builder must know of a family beyond the sizes. */
export interface FamilyParts {
  readonly queryKeyValueBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** RMS norm over each head of q and k, before the rotation. */
  readonly queryKeyNorm: boolean;
  /** `qkv_proj` and `gate_up_proj`: one Linear where others have three and two. */
  readonly fusedProjections: boolean;
  /** What attention and MLP add to the stream is normed too. */
  readonly branchNorms: boolean;
  /** Added to the weights of all RMS norms. */
  readonly normOffset: 0 | 1;
  /** The embeddings are multiplied by sqrt(hiddenSize). */
  readonly scaledEmbedding: boolean;
  readonly activation: Activation;
  /** The scores' factor is 1 / sqrt of this; null: the head size. */
  readonly queryScalar: number | null;
}
export type Activation = 'silu' | 'gelu_pytorch_tanh';

/** Those of Llama without biases. */
export const plainParts: FamilyParts = {
  queryKeyValueBias: false,
  outputBias: false,
  mlpBias: false,
  queryKeyNorm: false,
  fusedProjections: false,
  branchNorms: false,
  normOffset: 0,
  scaledEmbedding: false,
  activation: 'silu',
  queryScalar: null,
};

export type LayerType = 'full_attention' | 'sliding_attention';

/** What a family reads of config.json beyond the common keys. */
export interface FamilyKeys {
  readonly num_hidden_layers: number;
  readonly attention_bias?: boolean | undefined;
  readonly mlp_bias?: boolean | undefined;
  readonly sliding_window?: number | null | undefined;
  readonly layer_types?: readonly LayerType[] | null | undefined;
  readonly sliding_window_pattern?: number | undefined;
  readonly _sliding_window_pattern?: number | undefined;
  readonly query_pre_attn_scalar?: number | undefined;
}

export interface Family {
  /** `model_type` in config.json. */
  readonly name: string;
  /** `architectures[0]` in config.json. */
  readonly architecture: string;
  /** Rotary base where config.json names none. */
  readonly defaultRopeTheta: number;
  /** The rotary base of sliding layers, where they have one of their own and config.json names none. */
  readonly localRopeTheta?: number;
  readonly ropeKinds: readonly RopeKind[];
  /** transformers' default for `tie_word_embeddings`. */
  readonly defaultTiedHead: boolean;
  /** What transformers takes where config.json is silent and the common defaults are others. */
  readonly defaults?: Readonly<Record<string, number>>;
  /** The key of the activation, and the one value that the builder makes. */
  readonly activationKey: 'hidden_act' | 'hidden_activation';
  /** Keys of the family's own: read, or without a meaning for it. */
  readonly keys: readonly string[];
  /** How each layer attends. */
  layerTypes(config: FamilyKeys): readonly LayerType[];
  parts(config: FamilyKeys): FamilyParts;
}

export function everyLayer(type: LayerType, { num_hidden_layers: layers }: FamilyKeys): readonly LayerType[] {
  return Array<LayerType>(layers).fill(type);
}

/** The kinds of scaling that transformers gives to every family. */
export const GENERAL_ROPES: readonly RopeKind[] = ['default', 'linear', 'dynamic', 'yarn', 'llama3'];
