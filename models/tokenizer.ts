// Text <-> token ids, as Python's transformers 4.49 does it, from the files of a model folder (never the network). Relies on
// @huggingface/transformers, imported when a tokenizer is opened: importing it loads native libraries (200 ms). What that
// library leaves out is done here: BOS and EOS where only tokenizer_config.json asks for them, splitting text as Rust does, decoding
// without clean-up.
import { join } from 'node:path';
import { UserError } from '../formats/user-error.ts';
import { readEosIds, tokenId } from './eos-ids.ts';
import { withRustSplitting } from './rust-splitting.ts';
import { readTokenizerFiles, type TokenizerConfig, type TokenizerFiles } from './tokenizer-files.ts';

export interface Tokenizer {
  readonly folder: string;
  readonly bosId: number | undefined;
  /** Where generation stops, from generation_config.json, config.json or the tokenizer. */
  readonly eosIds: readonly number[];
  readonly chatTemplate: ChatTemplate;
  /** The ids of a text with the special tokens that the tokenizer adds by itself. */
  encode(text: string): number[];
  /** The ids of a text that goes on after another: without the special tokens that the tokenizer adds by itself. */
  encodeContinuation(text: string): number[];
  /** The text of ids without special tokens; spaces stay as they are unless tokenizer_config.json asks for a clean-up. */
  decode(ids: readonly number[]): string;
  /** Renders a Jinja template as Python's transformers does, this tokenizer's special tokens given. */
  renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string;
}

/** What the files hold: one template, several by name, or none. */
export type ChatTemplate = string | readonly { readonly name: string; readonly template: string }[] | undefined;

export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const files = withClassDefaults(await readTokenizerFiles(folder));
  const eosIds = await readEosIds(folder);
  const library = await createLibraryTokenizer(folder, files);
  const frame = frameOf(folder, files);
  const cleanUp = files.config.clean_up_tokenization_spaces === true;
  return {
    folder,
    bosId: tokenId(files, files.config.bos_token),
    eosIds,
    chatTemplate: files.templateFile ?? files.config.chat_template ?? undefined,
    encode(text) {
      const ids = orRefuse(folder, 'encode a text', () => library.encode(text, { add_special_tokens: frame === undefined }));
      if (!ids.every(Number.isInteger))
        throw new UserError(`${tokenizerFile(folder)}: has no token for a part of ${JSON.stringify(text.slice(0, 80))}`);
      return frame === undefined ? ids : [...frame.before, ...ids, ...frame.after];
    },
    encodeContinuation: (text) => library.encode(text, { add_special_tokens: false }),
    decode(ids) {
      return orRefuse(folder, 'decode ids', () => {
        // A head is often wider than the vocabulary: ids beyond it have no text, and Python leaves them out too.
        const known = ids.filter((id) => library._tokenizer.id_to_token(id) !== undefined);
        if (known.length === 0) return '';
        return library.decode(known, { skip_special_tokens: true, clean_up_tokenization_spaces: cleanUp });
      });
    },
    renderTemplate(template, { messages, ...variables }) {
      const conversation = messages as Parameters<typeof library.apply_chat_template>[0];
      return library.apply_chat_template(conversation, { ...variables, chat_template: template, tokenize: false }) as string;
    },
  };
}

/** These classes replace the post-processor of tokenizer.json by what add_bos_token and add_eos_token say. */
const FRAMING_CLASSES = /^(?:Llama|CodeLlama|Gemma|Cohere)Tokenizer(?:Fast)?$/;

function isFraming(config: TokenizerConfig): boolean {
  return FRAMING_CLASSES.test(config.tokenizer_class ?? '');
}

/** The constructors' default arguments in Python. */
function withClassDefaults(files: TokenizerFiles): TokenizerFiles {
  if (!isFraming(files.config)) return files;
  const [bos, eos] = /^(?:Llama|CodeLlama)/.test(files.config.tokenizer_class ?? '') ? ['<s>', '</s>'] : [undefined, undefined];
  const { bos_token = bos, eos_token = eos, add_bos_token, add_eos_token, ...rest } = files.config;
  return {
    ...files,
    config: { ...rest, bos_token, eos_token, add_bos_token: add_bos_token ?? true, add_eos_token: add_eos_token ?? false },
  };
}

/** The ids put around every text; undefined where the post-processor of tokenizer.json decides. */
function frameOf(folder: string, files: TokenizerFiles): { before: number[]; after: number[] } | undefined {
  const { config } = files;
  if (!isFraming(config)) return undefined;
  const idOf = (name: 'bos_token' | 'eos_token'): number => {
    const id = tokenId(files, config[name]);
    if (id !== undefined) return id;
    const file = join(folder, 'tokenizer_config.json');
    const token = config[name] ?? null;
    const problem = token === null ? `names no ${name}` : `names ${name} ${JSON.stringify(token)}, which tokenizer.json lacks`;
    throw new UserError(`${file}: add_${name} is true, but the file ${problem}; correct one of them`);
  };
  return { before: config.add_bos_token ? [idOf('bos_token')] : [], after: config.add_eos_token ? [idOf('eos_token')] : [] };
}

async function createLibraryTokenizer(folder: string, { json, config }: TokenizerFiles) {
  const { PreTrainedTokenizer } = await import('@huggingface/transformers');
  return orRefuse(folder, 'be made into a tokenizer', () => new PreTrainedTokenizer(withRustSplitting(json), config));
}

/** The library trusts the file: what is wrong in it shows as any error, now or at the first text. */
function orRefuse<Value>(folder: string, what: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const [line] = String((error as Error).message).split('\n');
    throw new UserError(`${tokenizerFile(folder)}: cannot ${what} (${line}); fetch the file again`, { cause: error });
  }
}

function tokenizerFile(folder: string): string {
  return join(folder, 'tokenizer.json');
}
