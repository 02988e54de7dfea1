// What the names of models and datasets in a spec stand for: digests that are known before anything is downloaded.
// Resolved by models/ and datasets/, handed to compile as a value; keys contain these digests, never names or paths.
import type { Json } from './plan.ts';

export interface ModelSource {
  /** As the spec names it. */
  readonly name: string;
  /** The published config.json (needed to build the graph before any weight is there). */
  readonly config: { readonly [key: string]: Json };
  /** Digests of what steps use of a model; each is enough for a key. */
  readonly digests: {
    /** weights and config: every number the engine can produce */
    readonly engine: string;
    /** tokenizer and chat template: text <-> ids */
    readonly tokenizer: string;
    /** end-of-sequence ids: where generation stops */
    readonly generation: string;
  };
  readonly eosIds: readonly number[];
  /** SHA-256 of the graph that somebody exported, where one lies beside the weights of a folder: both can compute the model. */
  readonly exportBeside?: string;
  /** Of a model whose graph somebody else exported; then `config` is empty. */
  readonly exported?: {
    /** SHA-256 of the graph's file. */
    readonly graph: string;
    /** Sites where the exporter fused what the architecture separates: they share a draw of noise. */
    readonly fusedSites: readonly string[];
    /** All its sites, in the order of a pass. */
    readonly sites: readonly string[];
    /** The inputs of its Linears, in module order. */
    readonly linearSites: readonly string[];
  };
  /** Where it was found or will come from, for people: `catalog smollm2-135m-instruct`, `folder ...` */
  readonly origin: string;
}

export interface DatasetSource {
  /** The dataset that is used. */
  readonly name: string;
  /** As the spec names it, in the order of preference. */
  readonly preference: readonly string[];
  readonly split: string;
  /** SHA-256 over the canonical rows of the split. */
  readonly digest: string;
  readonly rowCount: number;
  readonly origin: string;
}

export interface Sources {
  readonly models: Readonly<Record<string, ModelSource>>;
  /** By `datasetRequest(preference, split)`. */
  readonly datasets: Readonly<Record<string, DatasetSource>>;
}

/** How a dataset request is named in `Sources.datasets`. */
export function datasetRequest(preference: readonly string[], split: string): string {
  return `${preference.join('|')}:${split}`;
}
