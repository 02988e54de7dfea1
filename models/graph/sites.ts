// Sites: the inputs of a model's Linears, by name and by number in module order (per layer q k v o gate up down, then the
// LM head). Noise and capture are declared at sites; noise is a function of the name, the number only orders them.
import picomatch from 'picomatch';
import { UserError } from '../../formats/user-error.ts';
import type { ModelConfig } from './model-config.ts';

export interface Site {
  /** `layers.3.mlp.down_proj.input`, `lm_head.input` */
  readonly name: string;
  /** In module order, from 0. */
  readonly index: number;
  /** Channels of one position. */
  readonly width: number;
}

export const HEAD_SITE = 'lm_head.input';

/** All sites of a model, in module order. */
export function listSites(config: ModelConfig): Site[] {
  const { hiddenSize, intermediateSize, headCount, headSize } = config;
  const linears: [string, number][] = [];
  for (let layer = 0; layer < config.layerCount; layer++) {
    for (const name of ['q_proj', 'k_proj', 'v_proj']) linears.push([`layers.${layer}.self_attn.${name}`, hiddenSize]);
    linears.push([`layers.${layer}.self_attn.o_proj`, headCount * headSize]);
    for (const name of ['gate_proj', 'up_proj']) linears.push([`layers.${layer}.mlp.${name}`, hiddenSize]);
    linears.push([`layers.${layer}.mlp.down_proj`, intermediateSize]);
  }
  linears.push(['lm_head', hiddenSize]);
  return linears.map(([linear, width], index) => ({ name: `${linear}.input`, index, width }));
}

/** The sites that a pattern names: `**` is every Linear, `layers.*.mlp.*.input` every MLP's. Dots part the names. */
export function selectSites(config: ModelConfig, pattern: string): Site[] {
  const slashed = (name: string) => name.replaceAll('.', '/');
  const matches = picomatch(slashed(pattern));
  const sites = listSites(config).filter(({ name }) => matches(slashed(name)));
  if (sites.length === 0)
    throw new UserError(`no site of the model matches ${pattern}; sites are named like layers.0.self_attn.q_proj.input, ${HEAD_SITE}`);
  return sites;
}
