// What an exported graph is fed for one sequence: token ids, mask and positions of the new tokens, and the keys and values of
// those before them (none at first). By the names that both exporters use; an input of another name is an error.
import { DATA_TYPES, int64, type ValueInfoProto } from '../../formats/onnx-proto.ts';
import { printable } from '../../formats/printable.ts';
import { UserError } from '../../formats/user-error.ts';
import type { Feeds, GraphTensor } from '../runtime/session.ts';
import type { ExportFacts } from './export-facts.ts';

export interface FedTokens {
  /** The new tokens. */
  readonly ids: readonly number[];
  /** How many came before. */
  readonly pastLength: number;
  /** Their keys and values by input name; absent where none came before. */
  readonly past?: Feeds;
}

export function exportFeeds(inputs: readonly ValueInfoProto[], facts: ExportFacts, tokens: FedTokens, where: string): Feeds {
  return Object.fromEntries(inputs.map((input) => [input.name!, feedOf(input, facts, tokens, where)]));
}

/** Inputs that carry keys and values of earlier tokens. */
export function isPast(name: string): boolean {
  return /^past/.test(name);
}

function feedOf(input: ValueInfoProto, facts: ExportFacts, { ids, pastLength, past }: FedTokens, where: string): GraphTensor {
  const name = input.name!;
  switch (name) {
    case 'input_ids':
      return integers(input, ids, where);
    case 'attention_mask':
      return integers(input, new Array(pastLength + ids.length).fill(1), where);
    case 'position_ids':
      return integers(
        input,
        ids.map((_, i) => pastLength + i),
        where,
      );
    case 'num_logits_to_keep':
      // Zero: of all positions.
      return { data: BigInt64Array.of(0n), dims: [] };
  }
  if (isPast(name)) return past?.[name] ?? emptyPast(input, facts, where);
  throw new UserError(
    `${where}: graph.input ${printable(name)} is unknown; known are input_ids, attention_mask, position_ids, past_key_values.*, num_logits_to_keep`,
  );
}

function integers({ name, type }: ValueInfoProto, values: readonly number[], where: string): GraphTensor {
  const dims = [1, values.length];
  switch (type?.tensorType?.elemType) {
    case DATA_TYPES.int64:
      return { data: BigInt64Array.from(values, BigInt), dims };
    case DATA_TYPES.int32:
      return { data: Int32Array.from(values), dims };
    default:
      throw new UserError(`${where}: graph.input ${name} has elem_type ${type?.tensorType?.elemType}; expected int64 or int32`);
  }
}

/** [1, heads, 0, headSize]: of the sizes without a number the first is the batch, one of a length is none, another a head's. */
function emptyPast({ name, type }: ValueInfoProto, { headSize }: ExportFacts, where: string): GraphTensor {
  const tensor = type?.tensorType;
  if (tensor?.elemType !== DATA_TYPES.float32)
    throw new UserError(`${where}: graph.input ${printable(name)} has elem_type ${tensor?.elemType}; expected float32`);
  const dims = (tensor.shape?.dim ?? []).map(({ dimValue, dimParam }, axis) => {
    if (axis === 0) return 1;
    const size = int64(dimValue);
    if (size > 0) return size;
    if (/past|seq|length/.test(dimParam ?? '')) return 0;
    if (headSize !== undefined) return headSize;
    throw new UserError(
      `${where}: graph.input ${printable(name)}: size ${axis} (${printable(dimParam)}) is unknown; config.json or genai_config.json must say head_dim or head_size`,
    );
  });
  if (dims.length !== 4 || !dims.includes(0))
    throw new UserError(
      `${where}: graph.input ${printable(name)} has shape [${dims.join(', ')}]; expected [batch, heads, past length, head size]`,
    );
  return { data: new Float32Array(), dims };
}
