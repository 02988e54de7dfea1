// A question as the conversation that the model is asked to continue. The study's template is the default.
import { UserError } from '../formats/user-error.ts';
import type { ChatMessage } from '../models/chat-template.ts';

/** The study's prompt; `{question}` stands for the row's question. */
export const STUDY_TEMPLATE = 'Solve this step by step:\n{question}';

export function promptMessages(question: string, template: string = STUDY_TEMPLATE): readonly ChatMessage[] {
  if (!template.includes('{question}'))
    throw new UserError(`prompt template ${JSON.stringify(template)}: lacks {question}, where the question goes`);
  // A function, because a replacement text would give `$&` and the like in a question a meaning.
  return [{ role: 'user', content: template.replaceAll('{question}', () => question) }];
}
