// The figures that rows are compared with: recorded ones (other tools on two cores of the same kind, same model, prompts
// and float32; medians of several runs) until the peers have been measured in this very run.

export interface Reference {
  readonly value: number;
  readonly what: string;
  readonly source: 'recorded' | 'this run';
}

export type PeerFigure =
  /** Seconds of steps 3 and 4 in the study's own loops. */
  | 'pytorchNoise'
  | 'pytorchScore'
  /** Tokens a second of `generate` with its KV cache. */
  | 'pytorchGenerate80'
  /** Tokens a second of continuous batching at so many sequences. */
  | 'openvino80'
  | 'openvino10'
  | 'openvino1';

export type References = Readonly<Record<PeerFigure, Reference>>;

const PYTORCH = 'PyTorch';
const TRANSFORMERS = 'Hugging Face generate';
const OPENVINO = 'OpenVINO GenAI';

export const RECORDED: References = {
  pytorchNoise: { value: 69, what: PYTORCH, source: 'recorded' },
  pytorchScore: { value: 75, what: PYTORCH, source: 'recorded' },
  pytorchGenerate80: { value: 96, what: TRANSFORMERS, source: 'recorded' },
  openvino80: { value: 287, what: OPENVINO, source: 'recorded' },
  openvino10: { value: 196, what: OPENVINO, source: 'recorded' },
  openvino1: { value: 42, what: OPENVINO, source: 'recorded' },
};

/** The recorded figures, with those that this run has measured in their place. */
export function withMeasured(measured: Partial<Record<PeerFigure, number>>): References {
  const entries = Object.entries(RECORDED).map(([figure, recorded]) => {
    const value = measured[figure as PeerFigure];
    return [figure, value === undefined ? recorded : { ...recorded, value, source: 'this run' }];
  });
  return Object.fromEntries(entries) as References;
}
