// Ids and texts against what Python's transformers made of the same files (reference.json of the mirror's tiny models and
// of the study's tokenizer layout); behaviour at the edges on small folders made here.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../formats/user-error.ts';
import { renderChat } from '../../models/chat-template.ts';
import { readEosIds } from '../../models/eos-ids.ts';
import { renderPrompt } from '../../models/render-prompt.ts';
import { openTokenizer } from '../../models/tokenizer.ts';

const mirror = join(process.env.TSTAR_MIRRORS?.split(',')[0] ?? 'no mirror', 'fixtures');
const TINY = ['tiny-llama', 'tiny-llama3-sharded', 'tiny-qwen2-bf16', 'tiny-qwen3'];

interface Reference {
  prompts: { user?: string; text: string; input_ids: number[]; single_bos?: number[] }[];
}
const readReference = (name: string): Reference => JSON.parse(readFileSync(join(mirror, name, 'reference.json'), 'utf8')) as Reference;
const ask = (content: string) => [{ role: 'user', content }];
const questionOf = (text: string) => /(Solve this step by step:\n[\s\S]*?)(?:<\|im_end\|>|<\|Assistant\|>)/.exec(text)?.[1] ?? '';

describe.skipIf(!existsSync(mirror))('against Python (skipped where TSTAR_MIRRORS has no fixtures)', () => {
  test.each(TINY)('%s: the rendered chat and its ids', async (name) => {
    const tokenizer = await openTokenizer(join(mirror, name));
    for (const { text, input_ids } of readReference(name).prompts) {
      const prompt = renderPrompt({ tokenizer, messages: ask(questionOf(text)), bos: 'study' });
      expect(prompt.text).toBe(text);
      expect(prompt.ids).toEqual(input_ids);
      expect(prompt.doubledBos).toBe(name === 'tiny-qwen2-bf16');
    }
  });

  test('the study’s own layout: BOS that only tokenizer_config.json asks for, twice or once', async () => {
    const tokenizer = await openTokenizer(join(mirror, 'r1-tokenizer'));
    for (const { user, text, input_ids, single_bos } of readReference('r1-tokenizer').prompts) {
      const study = renderPrompt({ tokenizer, messages: ask(user ?? ''), bos: 'study' });
      expect(study).toEqual({ text, ids: input_ids, doubledBos: true });
      expect(renderPrompt({ tokenizer, messages: ask(user ?? ''), bos: 'single' })).toEqual({ text, ids: single_bos, doubledBos: false });
    }
    expect(tokenizer.bosId).toBe(0);
    expect(tokenizer.eosIds).toEqual([1]);
  });

  test('bos: single leaves the ids alone where BOS stands once or never', async () => {
    const tokenizer = await openTokenizer(join(mirror, 'tiny-llama'));
    const messages = ask('1 + 1?');
    expect(renderPrompt({ tokenizer, messages, bos: 'single' })).toEqual(renderPrompt({ tokenizer, messages, bos: 'study' }));
  });

  test('decoding leaves special tokens and ids without text out, and spaces as they are', async () => {
    const tokenizer = await openTokenizer(join(mirror, 'tiny-llama'));
    const text = "18 . I do n't , wait !  <|im_end|> ½ 😀\n";
    expect(tokenizer.decode([...tokenizer.encode(text), 511_000])).toBe(text.replace('<|im_end|>', ''));
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([1, 2])).toBe('');
  });

  test('a cut multi-byte character decodes to the replacement character', async () => {
    const tokenizer = await openTokenizer(join(mirror, 'tiny-llama'));
    expect(tokenizer.decode(tokenizer.encode('a😀').slice(0, -1))).toMatch(/^a\uFFFD+$/);
  });

  test.each([
    ['tiny-llama', [2]],
    ['tiny-qwen2-bf16', [1]],
    ['genai-tiny-llama-fp32', [2]],
  ])('%s stops at %j', async (name, ids) => {
    expect(await readEosIds(join(mirror, name))).toEqual(ids);
  });
});

describe('a folder made for the test', () => {
  let folder: string;
  let made = 0;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tstar-tokenizer-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tokenizerJson = {
    version: '1.0',
    added_tokens: ['<s>', '</s>'].map((content, id) => ({
      id,
      content,
      special: true,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab: { '<s>': 0, '</s>': 1, a: 2, b: 3, Ġ: 4, '.': 5 }, merges: [] },
  };
  const write = (files: Record<string, unknown>): string => {
    const path = join(folder, String(made++));
    mkdirSync(path);
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return path;
  };

  test.each([
    [{ tokenizer_class: 'LlamaTokenizer' }, [0, 2, 3]],
    [{ tokenizer_class: 'LlamaTokenizerFast', add_bos_token: false }, [2, 3]],
    [{ tokenizer_class: 'LlamaTokenizerFast', bos_token: '<s>', eos_token: { content: '</s>' }, add_eos_token: true }, [0, 2, 3, 1]],
    [{ tokenizer_class: 'PreTrainedTokenizerFast', bos_token: '<s>', add_bos_token: true }, [2, 3]],
    [{ tokenizer_class: 'Qwen2Tokenizer', bos_token: null, add_bos_token: false }, [2, 3]],
  ])('%j encodes ab as %j', async (config, ids) => {
    const tokenizer = await openTokenizer(write({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': config }));
    expect(tokenizer.encode('ab')).toEqual(ids);
  });

  test('spaces are cleaned up where tokenizer_config.json says so', async () => {
    const plain = await openTokenizer(write({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': {} }));
    const clean = await openTokenizer(
      write({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': { clean_up_tokenization_spaces: true } }),
    );
    expect(plain.decode([2, 4, 5])).toBe('a .');
    expect(clean.decode([2, 4, 5])).toBe('a.');
  });

  test('chat_template.jinja wins over tokenizer_config.json; of several templates the default one counts', async () => {
    const chat_template = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: '{{ bos_token }}{{ messages[0].content }}{% if add_generation_prompt %}>{% endif %}\n' },
    ];
    const files = { 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': { bos_token: '<s>', chat_template } };
    expect(renderChat(await openTokenizer(write(files)), ask('hi'))).toBe('<s>hi>');
    expect(renderChat(await openTokenizer(write(files)), ask('hi'), { addGenerationPrompt: false })).toBe('<s>hi');
    expect(renderChat(await openTokenizer(write({ ...files, 'chat_template.jinja': 'J{{ messages[0].role }}' })), ask('hi'))).toBe('Juser');
  });

  test.each([
    [
      'generation_config.json has the first word',
      { 'generation_config.json': { eos_token_id: [9, 7, 9] }, 'config.json': { eos_token_id: 1 } },
      [7, 9],
    ],
    ['config.json is next', { 'generation_config.json': {}, 'config.json': { eos_token_id: 5 } }, [5]],
    ['the tokenizer is last', { 'tokenizer_config.json': { eos_token: '</s>' }, 'config.json': { eos_token_id: null } }, [1]],
    ['nothing names an end', { 'tokenizer_config.json': {} }, []],
  ])('EOS ids: %s', async (_, files, ids) => {
    expect(await readEosIds(write({ 'tokenizer.json': tokenizerJson, ...files }))).toEqual(ids);
  });

  test.each([
    ['no tokenizer.json', {}, /tokenizer\.json: no such file/],
    ['a cut tokenizer.json', { 'tokenizer.json': '{"model": {"vo' }, /tokenizer\.json: no valid JSON/],
    ['a tokenizer.json without a vocabulary', { 'tokenizer.json': { added_tokens: [], model: {} } }, /tokenizer\.json: .*model\.vocab/],
    [
      'a model type that nobody knows',
      { 'tokenizer.json': { ...tokenizerJson, model: { ...tokenizerJson.model, type: 'Runes' } } },
      /tokenizer\.json: .*model\.type/,
    ],
    [
      'a pre-tokenizer that nobody knows',
      { 'tokenizer.json': { ...tokenizerJson, pre_tokenizer: { type: 'Runes' } } },
      /tokenizer\.json: cannot be made into a tokenizer/,
    ],
    [
      'a config of the wrong shape',
      { 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': { add_bos_token: 'yes' } },
      /tokenizer_config\.json: .*add_bos_token/,
    ],
    [
      'a BOS that the vocabulary lacks',
      { 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': { tokenizer_class: 'LlamaTokenizer', bos_token: '<bos>' } },
      /add_bos_token is true, but the file names bos_token "<bos>"/,
    ],
  ])('%s is one clear line', async (_, files, message) => {
    const opened = openTokenizer(write(files));
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toBeInstanceOf(UserError);
  });

  test('a missing or broken chat template is one clear line', async () => {
    const bare = await openTokenizer(write({ 'tokenizer.json': tokenizerJson }));
    expect(() => renderChat(bare, ask('hi'))).toThrow(/no chat template/);
    const broken = await openTokenizer(write({ 'tokenizer.json': tokenizerJson, 'chat_template.jinja': '{% if %}' }));
    expect(() => renderChat(broken, ask('hi'))).toThrow(/cannot be rendered/);
  });
});
