// What an exported graph leaves to the files beside it: how many positions the model takes, and the size of a head where the
// shapes of its past do not say. From config.json (transformers.js) or genai_config.json.
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile } from '../tokenizer-files.ts';
import { GENAI_CONFIG, genaiSchema } from './export-layout.ts';

export interface ExportFacts {
  readonly maxPositions: number;
  readonly headSize: number | undefined;
}

const count = z.int().min(1).nullish();
const configSchema = z.looseObject({ max_position_embeddings: count, head_dim: count, hidden_size: count, num_attention_heads: count });

export async function readExportFacts(folder: string): Promise<ExportFacts> {
  const config = await readJsonFile(join(folder, 'config.json'), configSchema);
  const genai = (await readJsonFile(join(folder, GENAI_CONFIG), genaiSchema))?.model;
  const { hidden_size: hidden, num_attention_heads: heads } = config ?? {};
  const even = hidden != null && heads != null && hidden % heads === 0 ? hidden / heads : undefined;
  return {
    maxPositions: config?.max_position_embeddings ?? genai?.context_length ?? Number.POSITIVE_INFINITY,
    headSize: config?.head_dim ?? genai?.decoder.head_size ?? even,
  };
}
