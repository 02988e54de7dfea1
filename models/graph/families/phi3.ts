// Phi-3, Phi-3.5 and Phi-4 mini: llama with q, k, v in one Linear and gate, up in another, part of each head rotated (Phi-4),
// a sliding window (4k models) and the `longrope` scaling (128k models). Follows transformers' modeling_phi3.py.
import { everyLayer, type Family, plainParts } from './family.ts';

export const phi3: Family = {
  name: 'phi3',
  architecture: 'Phi3ForCausalLM',
  defaultRopeTheta: 10_000,
  ropeKinds: ['default', 'longrope'],
  defaultTiedHead: false,
  defaults: { original_max_position_embeddings: 4096 },
  activationKey: 'hidden_act',
  // Dropouts are for training; `auto_map` names the same architecture's own code.
  keys: [
    'sliding_window',
    'layer_types',
    'partial_rotary_factor',
    'original_max_position_embeddings',
    'embd_pdrop',
    'resid_pdrop',
    'auto_map',
  ],
  layerTypes: (config) => everyLayer(config.sliding_window == null ? 'full_attention' : 'sliding_attention', config),
  parts: () => ({ ...plainParts, fusedProjections: true }),
};
