// The tokenizer files of a model folder, read and checked: tokenizer.json, tokenizer_config.json and, where newer
// repositories keep the template, chat_template.jinja. Malformed files are the user's: one line that names the file.
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../formats/user-error.ts';
import { readText } from './read-text.ts';

const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })),
  // The library guesses where the type is none that it knows; older files leave it out.
  model: z.looseObject({
    type: z.enum(['BPE', 'Unigram', 'WordPiece']).optional(),
    vocab: z.union([z.record(z.string(), z.int()), z.array(z.unknown())]),
  }),
});

/** A token is written as its text or, by older transformers, as an AddedToken object. */
const tokenSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform((token) => token.content)]).nullish();

const tokenizerConfigSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  add_bos_token: z.boolean().nullish(),
  add_eos_token: z.boolean().nullish(),
  bos_token: tokenSchema,
  eos_token: tokenSchema,
  unk_token: tokenSchema,
  pad_token: tokenSchema,
  clean_up_tokenization_spaces: z.boolean().nullish(),
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

export interface TokenizerFiles {
  readonly json: TokenizerJson;
  readonly config: TokenizerConfig;
  /** The text of chat_template.jinja, which wins over the template in tokenizer_config.json. */
  readonly templateFile: string | undefined;
}

export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const file = join(folder, 'tokenizer.json');
  const json = await readJsonFile(file, tokenizerJsonSchema);
  if (json === undefined) throw new UserError(`${file}: no such file; a model folder needs its tokenizer.json beside config.json`);
  const config = (await readJsonFile(join(folder, 'tokenizer_config.json'), tokenizerConfigSchema)) ?? {};
  return { json, config, templateFile: await readText(join(folder, 'chat_template.jinja')) };
}

/** The file's content, checked; undefined where there is no such file. */
export async function readJsonFile<Value>(file: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(parseJson(file, text));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole file'}: ${issue.message}`);
  throw new UserError(`${file}: not what it should hold (${problems.join('; ')}); fetch the file again`);
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: no valid JSON (${(error as Error).message}); the file may be cut off, fetch it again`, { cause: error });
  }
}
