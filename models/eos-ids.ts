// The ids at which generation stops: every id that generation_config.json names as EOS, else config.json, else
// genai_config.json (the ORT GenAI builder's), else the tokenizer's own eos_token. Reads three small files; needs no tokenizer library.
import { join } from 'node:path';
import { z } from 'zod';
import { GENAI_CONFIG, genaiSchema } from './exported/export-layout.ts';
import { readJsonFile, readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts';

const schema = z.looseObject({ eos_token_id: z.union([z.int().nonnegative(), z.array(z.int().nonnegative())]).nullish() });

/** Sorted, without repetitions; empty where nothing in the folder names an end. */
export async function readEosIds(folder: string): Promise<readonly number[]> {
  for (const name of ['generation_config.json', 'config.json']) {
    const ids = (await readJsonFile(join(folder, name), schema))?.eos_token_id;
    if (ids !== undefined && ids !== null) return [...new Set([ids].flat())].sort((a, b) => a - b);
  }
  const genai = (await readJsonFile(join(folder, GENAI_CONFIG), genaiSchema))?.model.eos_token_id;
  if (genai !== undefined) return [...new Set([genai].flat())].sort((a, b) => a - b);
  const files = await readTokenizerFiles(folder);
  const id = tokenId(files, files.config.eos_token);
  return id === undefined ? [] : [id];
}

/** The id of a token by its text: added tokens first, as they override the vocabulary. */
export function tokenId({ json }: Pick<TokenizerFiles, 'json'>, token: string | null | undefined): number | undefined {
  if (token === null || token === undefined) return undefined;
  const added = json.added_tokens.find(({ content }) => content === token)?.id;
  if (added !== undefined) return added;
  const { vocab } = json.model;
  if (!Array.isArray(vocab)) return Object.hasOwn(vocab, token) ? vocab[token] : undefined;
  const place = vocab.findIndex((entry) => Array.isArray(entry) && entry[0] === token);
  return place === -1 ? undefined : place;
}
