// A conversation as text and token ids. The study renders the template to text and tokenizes that like any text, so a
// tokenizer that adds BOS by itself yields it twice when the template writes it too (EXPERIMENT.md, "Data").
import { type ChatMessage, renderChat } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

/** `study`: BOS as often as it comes; `single`: at most once. */
export type BosMode = 'study' | 'single';

export interface RenderedPrompt {
  readonly text: string;
  readonly ids: readonly number[];
  /** These ids begin with BOS twice; the run warns. */
  readonly doubledBos: boolean;
}

export function renderPrompt(request: { tokenizer: Tokenizer; messages: readonly ChatMessage[]; bos: BosMode }): RenderedPrompt {
  const { tokenizer, messages, bos } = request;
  const text = renderChat(tokenizer, messages, { addGenerationPrompt: true });
  const ids = tokenizer.encode(text);
  while (bos === 'single' && startsTwice(ids, tokenizer.bosId)) ids.shift();
  return { text, ids, doubledBos: startsTwice(ids, tokenizer.bosId) };
}

function startsTwice(ids: readonly number[], bosId: number | undefined): boolean {
  return bosId !== undefined && ids[0] === bosId && ids[1] === bosId;
}
