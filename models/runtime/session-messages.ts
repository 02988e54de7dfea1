// What travels between a model session and its process: plain data, by the structured clone of `fork`'s advanced
// serialization (typed arrays arrive as they were sent).
import type {
  AnswersRequest,
  CaptureRequest,
  CaptureSitesRequest,
  CompareRequest,
  EngineOptions,
  GeneratedTokens,
  GenerateRequest,
  InjectRequest,
  LogitsRequest,
  ModelFiles,
  ScoreRequest,
  SiteNoiseRequest,
} from '../engine.ts';

export type VerbCall =
  | { readonly verb: 'capture'; readonly request: CaptureRequest }
  | { readonly verb: 'captureSites'; readonly request: CaptureSitesRequest }
  | { readonly verb: 'inject'; readonly request: InjectRequest }
  | { readonly verb: 'injectBySite'; readonly request: SiteNoiseRequest }
  | { readonly verb: 'compareLogits'; readonly request: CompareRequest }
  | { readonly verb: 'logits'; readonly request: LogitsRequest }
  | { readonly verb: 'score'; readonly request: ScoreRequest }
  | { readonly verb: 'scoreAnswers'; readonly request: AnswersRequest }
  | { readonly verb: 'generate'; readonly request: GenerateRequest };

/** To the process: one call at a time. */
export type CallMessage = VerbCall & { readonly files: ModelFiles; readonly options: EngineOptions };

/** From the process, in order; a call ends with `done` or `failed`. */
export type AnswerMessage =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'progress'; readonly note: string; readonly tokens?: GeneratedTokens }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: { readonly name: string; readonly message: string; readonly stack?: string } };
