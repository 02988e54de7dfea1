// What a step is. Steps live in activities/, one file each, all of this shape; compile, the editor schema, `tstar steps`
// and the wrapper that runs them read nothing but this. A step's file must be cheap to import: heavy libraries are
// imported inside `run`.
import type { z } from 'zod';
import type { Services } from '../activities/services.ts';
import type { ArtifactType } from '../artifacts/artifact-type.ts';
import type { Coordinates, Json } from './plan.ts';
import type { Sources } from './sources.ts';

/**
 * Where an axis takes its values from: a list param, a count (0..n-1), a range (offset, count), an input's axis of the same
 * name, or what a param chooses among a source's parts (the layers of the model): such values are known with the sources.
 */
export type AxisDefinition =
  | { readonly list: string }
  | { readonly count: string }
  | { readonly range: { readonly offset: string; readonly count: string } }
  | { readonly from: string; readonly limit?: string }
  | {
      readonly chosenBy: string;
      readonly values: (params: Readonly<Record<string, unknown>>, sources: Sources) => readonly (number | string)[];
    };

export interface InputDefinition {
  readonly type: ArtifactType<unknown>;
  /** `each`: the unit reads that input's unit at its own coordinates; `all`: the whole index. */
  readonly reads: 'each' | 'all';
  readonly description: string;
  /** One value for all units: what it reads has no axes. */
  readonly single?: true;
  /** Makes the edge only where the params ask for it (a numeric tBase needs no calibration). */
  readonly when?: (params: Readonly<Record<string, unknown>>) => boolean;
}

/** One missing unit handed to `run`, with its inputs decoded on demand. */
export interface UnitCall {
  readonly coordinates: Coordinates;
  /** Reads an `each` input. */
  read<T>(input: string): Promise<T>;
  /** Reads an `all` input: every unit of it, sorted by coordinates. */
  readAll<T>(input: string): Promise<readonly { readonly coordinates: Coordinates; readonly value: T }[]>;
}

export interface StepCall<Params> {
  readonly params: Params;
  readonly units: readonly UnitCall[];
  readonly environment: Json;
  readonly sources: Sources;
  readonly services: Services;
  /** Aborted on cancellation, worker shutdown or a lost heartbeat: pass it on to everything that waits. */
  readonly signal: AbortSignal;
  /** Says how far a unit under way has come (tokens, passes); travels with the heartbeat. */
  progress(detail: { readonly note: string; readonly tokens?: TokenCount }): void;
  /** Says something that a reader of the results must know (two BOS tokens); kept in the manifests of the shard's units and shown with the run. */
  warn(text: string): void;
}

/** A finished unit: one value per declared output, encoded and put by the wrapper as it comes. */
export interface UnitResult {
  readonly unit: UnitCall;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Tokens that were generated for it, where that is what it costs. */
  readonly tokens?: number;
}

/** How far a generation has come: what time left is estimated from, long before a whole unit is done. */
export interface TokenCount {
  /** Tokens generated so far, those of finished units among them. */
  readonly done: number;
  /** Units that are finished, by an end of their own or at their limit. */
  readonly ended: number;
  /** Units that are not, and how many tokens they may have yet at most, all together. */
  readonly open: number;
  readonly left: number;
  /** Most tokens of one unit. */
  readonly most: number;
  /** Since the first token was asked for. */
  readonly seconds: number;
}

export interface StepDefinition<Schema extends z.ZodObject = z.ZodObject> {
  /** Kebab-case; the activity type is its camel case. */
  readonly name: string;
  /** Raised whenever the same inputs may give other bytes. */
  readonly version: number;
  readonly summary: string;
  /** `model` steps run on the ONNX queues and need an environment. */
  readonly device: 'light' | 'model';
  readonly params: Schema;
  readonly inputs: Readonly<Record<string, InputDefinition>>;
  readonly outputs: Readonly<Record<string, ArtifactType<unknown>>>;
  readonly axes: Readonly<Record<string, AxisDefinition>>;
  /** Units in a shard where nothing is recorded of their cost: tens of seconds of work. */
  readonly shardUnits: number;
  /** Digest of the code of a step that is not the catalogue's: part of every key. A step never sets it itself. */
  readonly code?: string;
  /** `batches`: always so many, whatever they cost, because the step computes them together. */
  readonly shardsAre?: 'batches';
  /** Params that came after units were stored, each with the value that means what was done before: at it they are in no key. */
  readonly addedParams?: Readonly<Record<string, Json>>;
  /** What a model or dataset param stands for in the key; other params stand for themselves. */
  identity?(params: z.output<Schema>, sources: Sources): Readonly<Record<string, Json>>;
  /** The numeric environment: fixed at compile time, part of every key. */
  environment?(params: z.output<Schema>, sources: Sources): Json;
  /** Checks that need the sources (a row range beyond the split): problems in words. */
  check?(params: z.output<Schema>, sources: Sources): readonly string[];
  /** One line for the Temporal UI: what this shard does. */
  describe?(units: readonly Coordinates[]): string;
  run(call: StepCall<z.output<Schema>>): AsyncIterable<UnitResult>;
}

/** Where an identity says the code of a step of one's own; no param is called so. */
export const STEP_CODE = 'step code';

/** Types a step's params without losing its literal shape; the catalogue holds them as plain StepDefinition. */
export function defineStep<Schema extends z.ZodObject>(definition: StepDefinition<Schema>): StepDefinition {
  return definition as unknown as StepDefinition;
}

/** `capture-hidden` -> `captureHidden`: the activity type of a step. */
export function activityName(step: string): string {
  return step.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
