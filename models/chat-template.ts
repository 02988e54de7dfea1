// A conversation as the text that a model was trained to continue: the model's own Jinja template, rendered with the
// generation prompt. The template is chat_template.jinja where there is one, else chat_template of tokenizer_config.json.
import { UserError } from '../formats/user-error.ts';
import { withFixedDate } from './template-date.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

export function renderChat(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: { readonly addGenerationPrompt: boolean } = { addGenerationPrompt: true },
): string {
  const template = withFixedDate(chatTemplate(tokenizer), tokenizer.folder);
  try {
    return tokenizer.renderTemplate(template, { messages, add_generation_prompt: options.addGenerationPrompt });
  } catch (error) {
    throw new UserError(`${tokenizer.folder}: the chat template cannot be rendered (${(error as Error).message})`, { cause: error });
  }
}

/** The one template, or of several the one named `default`, as Python's transformers chooses. */
function chatTemplate({ folder, chatTemplate: templates }: Tokenizer): string {
  if (typeof templates === 'string') return templates;
  if (templates === undefined) {
    throw new UserError(
      `${folder}: no chat template (neither chat_template.jinja nor chat_template in tokenizer_config.json); use an instruct model`,
    );
  }
  const template = templates.find(({ name }) => name === 'default')?.template;
  if (template !== undefined) return template;
  const names = templates.map(({ name }) => name).join(', ');
  throw new UserError(`${folder}/tokenizer_config.json: several chat templates (${names}), none of them named default`);
}
