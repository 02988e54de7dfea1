// The engine's contract: what steps may ask of an open model. Requests and answers are plain data that cross to the
// session process and back; every answer is a function of its own coordinates, never of what shared its batch.
import type { LogitDifference } from '../numerics/logit-difference.ts';
import type { TensorStatistics } from '../numerics/tensor-statistics.ts';
import type { TokenScore } from '../numerics/token-score.ts';

export const PRECISIONS = ['float32', 'float16', 'int8', 'int4'] as const;
export type Precision = (typeof PRECISIONS)[number];
export type Device = 'cpu' | 'cuda';

/** Slower ways to compute the same numbers, for measuring how much of a number is the way: the numeric floor. */
export interface ComputeWay {
  /** One thread where all would compute, all where one would. */
  readonly threads?: 'other';
  /** ONNX Runtime's own optimizations of the graph. */
  readonly optimization?: 'off';
}

/** How a model is opened. */
export interface EngineOptions extends ComputeWay {
  readonly precision: Precision;
  readonly device: Device;
}

/** What a key must contain of the machinery: two results with the same environment are comparable to the bit on one kind of processor. */
export interface NumericEnvironment {
  readonly precision: Precision;
  readonly provider: Device;
  readonly tf32: boolean;
  readonly onnxruntime: string;
  /** SHA-256 of the built graph of this verb, without weights. */
  readonly graph: string;
}

/**
 * Which graph a verb runs; named in the environment; that of `captureSites` follows from its sites too. (`scoreAnswers` and
 * `compareLogits` run the head of `score`, `logits` runs `inject` and it.)
 */
export type Verb = 'capture' | 'captureSites' | 'inject' | 'injectBySite' | 'score' | 'generate';

export interface Prompt {
  /** Row in the dataset split: a coordinate of all noise. */
  readonly prompt: number;
  readonly ids: readonly number[];
}

/** `shared`: all scales of a draw use the same normals; `independent`: the scale is one more coordinate. */
export type NoiseSharing = 'shared' | 'independent';

export interface CaptureRequest {
  /** `keepFrom`: the hidden states of this position and all after it are wanted whole. */
  readonly prompts: readonly (Prompt & { readonly keepFrom?: number })[];
}
/** The LM head's input (after the final norm). */
export interface HiddenState {
  readonly prompt: number;
  /** S */
  readonly positions: number;
  /** [D], the last position */
  readonly hiddenLast: Float32Array;
  /** Unbiased std over all S*D numbers, float64. */
  readonly hiddenStd: number;
  /** Unbiased std over the last position's D numbers. */
  readonly hiddenLastStd: number;
  /** [S - keepFrom, D], where the request says keepFrom. */
  readonly hidden?: Float32Array;
}

/** What is kept of a site's numbers: of the last position, of all, or none beside their statistics. */
export type KeptPositions = 'last' | 'all' | 'statistics';

export interface CaptureSitesRequest {
  /** Names, not globs. */
  readonly sites: readonly string[];
  readonly positions: KeptPositions;
  readonly prompts: readonly Prompt[];
}
/** The activations of one clean pass, sites in the order of the pass. */
export interface SiteCapture {
  readonly prompt: number;
  /** S */
  readonly positions: number;
  readonly sites: readonly CapturedSite[];
}
/** Statistics over all of the site's numbers, float64. */
export interface CapturedSite extends TensorStatistics {
  readonly site: string;
  /** S; 1 of the logits where the graph makes no others. */
  readonly positions: number;
  readonly width: number;
  /** [width] of the last position or [positions, width], as asked for. */
  readonly values?: Float32Array;
}

/** `relative`: a scale is in units of the std of what is disturbed; `absolute`: it is the std of the noise itself. */
export type Amplitude = 'relative' | 'absolute';

export interface InjectRequest {
  readonly seed: number;
  readonly noise: NoiseSharing;
  /** Names of the sites that are disturbed, any but the logits; by default the input of every Linear. */
  readonly sites?: readonly string[];
  /** By default relative. */
  readonly amplitude?: Amplitude;
  readonly groups: readonly (Prompt & { readonly draw: number; readonly scales: readonly number[] })[];
}
/** The last position's hidden state of a pass with noise at the chosen sites, the LM head's own included. */
export interface NoisyHiddenState {
  readonly prompt: number;
  readonly draw: number;
  readonly scale: number;
  /** [D] */
  readonly hiddenLast: Float32Array;
}

export interface SiteNoiseRequest {
  readonly seed: number;
  readonly noise: NoiseSharing;
  /** By default relative. */
  readonly amplitude?: Amplitude;
  readonly groups: readonly (Prompt & {
    readonly draw: number;
    /** `sites` is a glob over the inputs of Linears: those are disturbed, the others are not. */
    readonly members: readonly { readonly sites: string; readonly scale: number }[];
  })[];
}
/** The last position's hidden state of a pass with noise at some sites; the noise is that of `inject` at the same sites. */
export interface SiteNoiseState extends NoisyHiddenState {
  readonly sites: string;
}

export interface CompareRequest {
  readonly groups: readonly {
    readonly id: number;
    /** [D], the LM head's input */
    readonly clean: Float32Array;
    /** [D] each */
    readonly others: readonly Float32Array[];
  }[];
}
export interface LogitComparison {
  readonly id: number;
  /** In the order of `others`: what separates their logits from the clean ones. */
  readonly differences: readonly LogitDifference[];
}

export interface LogitsRequest {
  readonly prompts: readonly Prompt[];
  /** `one`: the prompt alone; `most`: as many of it side by side as the engine ever batches. */
  readonly batch: 'one' | 'most';
  /** Noise at the input of every Linear, relative to its std; 0: none. */
  readonly scale: number;
}
/** The logits at the last position, through the graph that noise is injected into. */
export interface PromptLogits {
  readonly prompt: number;
  /** [V], of the batch's last row */
  readonly logits: Float32Array;
  /** How many ran side by side. */
  readonly batch: number;
}

export interface ScoreRequest {
  readonly seed: number;
  readonly noise: NoiseSharing;
  readonly tBase: number;
  readonly temperatures: readonly number[];
  readonly groups: readonly {
    readonly prompt: number;
    readonly positions: number;
    readonly hiddenLast: Float32Array;
    readonly hiddenStd: number;
    readonly draw: number;
    readonly noises: readonly number[];
  }[];
}
/** Step 4's numbers of one (prompt, draw, noise); all statistics in float64 over the vocabulary. */
export interface HeadScore {
  readonly prompt: number;
  readonly draw: number;
  readonly noise: number;
  readonly alpha: number;
  /** KL( softmax(clean / tBase) || softmax(noisy / T) ) in nats, per temperature. */
  readonly klByTemperature: readonly number[];
  /** softmax(noisy / T)[argmax clean], per temperature. */
  readonly probByTemperature: readonly number[];
  readonly bestTKl: number;
  readonly bestTKlContinuous: number;
  /** The end of [0.02, 50] that the continuous optimum points to, where it has no root inside. */
  readonly atEnd: 'low' | 'high' | null;
  readonly bestTProb: number;
  readonly cleanLogitsStd: number;
  readonly noisyLogitsStd: number;
  readonly differenceStd: number;
}

export interface AnswersRequest {
  readonly temperatures: readonly number[];
  readonly groups: readonly {
    readonly prompt: number;
    /** [A, D]: the hidden states from which the answer's tokens are predicted. */
    readonly hidden: Float32Array;
    /** [A]: the tokens that came. */
    readonly targets: readonly number[];
  }[];
}
/** How well each token of one answer was predicted, position by position, per temperature of the request. */
export interface AnswerScores {
  readonly prompt: number;
  readonly byTemperature: readonly (readonly TokenScore[])[];
}

export interface GenerateRequest {
  readonly seed: number;
  readonly replicate: number;
  readonly maxNewTokens: number;
  /** Generation of a sequence stops at any of these; empty: EOS is ignored. */
  readonly eosIds: readonly number[];
  /** Temperature 0 is greedy. */
  readonly sequences: readonly (Prompt & { readonly temperature: number })[];
}
export interface Generation {
  readonly prompt: number;
  readonly temperature: number;
  /** New tokens only, the EOS token included where it was drawn. */
  readonly ids: readonly number[];
  readonly finish: 'eos' | 'length';
}

/** A model in a session process of its own. Answers come as they are done; aborting the signal kills the process at once (the next call starts a new one). */
export interface ModelSession {
  capture(request: CaptureRequest, options: VerbOptions): AsyncIterable<HiddenState>;
  captureSites(request: CaptureSitesRequest, options: VerbOptions): AsyncIterable<SiteCapture>;
  inject(request: InjectRequest, options: VerbOptions): AsyncIterable<NoisyHiddenState>;
  injectBySite(request: SiteNoiseRequest, options: VerbOptions): AsyncIterable<SiteNoiseState>;
  compareLogits(request: CompareRequest, options: VerbOptions): AsyncIterable<LogitComparison>;
  logits(request: LogitsRequest, options: VerbOptions): AsyncIterable<PromptLogits>;
  score(request: ScoreRequest, options: VerbOptions): AsyncIterable<HeadScore>;
  scoreAnswers(request: AnswersRequest, options: VerbOptions): AsyncIterable<AnswerScores>;
  generate(request: GenerateRequest, options: VerbOptions): AsyncIterable<Generation>;
  /** Ends the process; harmless twice. */
  close(): Promise<void>;
}

export interface VerbOptions {
  readonly signal: AbortSignal;
  /** Called at least every few seconds of work: `128 of 512 tokens, 80 sequences`. */
  readonly progress?: Progress;
}

/** Generations also say how many tokens there are. */
export type Progress = (note: string, tokens?: GeneratedTokens) => void;

/** Over all sequences of a request. */
export interface GeneratedTokens {
  readonly done: number;
  /** Sequences that are finished. */
  readonly ended: number;
  /** Those that are not, and how many tokens they may have yet at most. */
  readonly open: number;
  readonly left: number;
  /** Most tokens of one sequence. */
  readonly most: number;
}

/** A converted or downloaded model as the engine needs it: everything lies on this disk, verified. */
export interface ModelFiles {
  /** Holds config.json, tokenizer files and the weights. */
  readonly folder: string;
  /** Parsed config.json. */
  readonly config: { readonly [key: string]: unknown };
  /** Safetensors shards, absolute paths. */
  readonly weights: readonly string[];
  /** The graph of a model that somebody else exported, an absolute path; then there is no config, and the weights are the graph's own affair. */
  readonly exported?: string;
}
