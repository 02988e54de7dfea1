// The browser of generations: questions with every graded response, folded; the page's script filters and searches what is
// there. All of it is text that others wrote, so it passes through `html` and nothing else.
import type { GradedResponse } from '../artifacts/study-record.ts';
import { count } from './format.ts';
import { type Html, html } from './html.ts';

/** Text on one page, so that a default run stays below 1.5 MB and a large one below 8: whole prompts are left out beyond. */
const TEXT_CHARACTERS = 700_000;

export function generationsPanel(graded: readonly GradedResponse[] | undefined, prefix = ''): Html | null {
  if (graded === undefined || graded.length === 0) return null;
  const prompts = byPrompt(graded);
  const shown = withinBudget(prompts);
  const temperatures = [...new Set(graded.map(({ temperature }) => temperature))].sort((a, b) => a - b);
  const left = prompts.length - shown.length;
  return html`<section class="card whole generations" id="${prefix}generations"><h3>Generations</h3><p class="caption">${count(graded.length, 'response')} to ${count(prompts.length, 'question')}, graded as the study does.${left > 0 ? ` ${left === 1 ? 'One question is' : `${left} questions are`} left out here to keep the page small; the Parquet rows named under “What ran” have all.` : ''}</p>
<div class="filter" role="search"><label>Search <input type="search" data-filter="text" placeholder="question or response"></label><label>T <select data-filter="temperature"><option value="">all</option>${temperatures.map((temperature) => html`<option>${temperature}</option>`)}</select></label><label>Answer <select data-filter="correct"><option value="">all</option><option value="true">correct</option><option value="false">wrong</option></select></label><output data-filter="count" aria-live="polite"></output></div>
${shown.map(([prompt, responses]) => questionHtml(prompt, responses))}</section>`;
}

function byPrompt(graded: readonly GradedResponse[]): readonly [number, readonly GradedResponse[]][] {
  const prompts = [...new Set(graded.map(({ prompt }) => prompt))].sort((a, b) => a - b);
  return prompts.map((prompt) => [prompt, graded.filter((row) => row.prompt === prompt)]);
}

function withinBudget(prompts: readonly [number, readonly GradedResponse[]][]): readonly [number, readonly GradedResponse[]][] {
  let characters = 0;
  return prompts.filter(([, responses]) => {
    characters += responses.reduce((sum, { response }) => sum + response.length + 200, responses[0]!.question.length);
    return characters <= TEXT_CHARACTERS;
  });
}

function questionHtml(prompt: number, responses: readonly GradedResponse[]): Html {
  const { question, truth } = responses[0]!;
  const correct = responses.filter((response) => response.correct).length;
  return html`<details class="question" data-prompt="${prompt}"><summary><b>${prompt}</b> ${firstWords(question)} <span class="sub">${correct} of ${responses.length} correct, truth ${truth || '–'}</span></summary><p class="asked">${question}</p>${[...responses].sort((a, b) => a.temperature - b.temperature).map(responseHtml)}</details>`;
}

function responseHtml({ temperature, response, extracted, correct, tokens, finish }: GradedResponse): Html {
  return html`<details class="response" data-temperature="${temperature}" data-correct="${String(correct)}"><summary>T ${temperature} <span class="mark ${correct ? 'correct' : 'wrong'}">${correct ? '✓ correct' : '✗ wrong'}</span> answer ${extracted || 'none'}, ${count(tokens, 'token')}${finish === 'length' ? ', cut off' : ''}</summary><p class="answer">${response}</p></details>`;
}

function firstWords(text: string): string {
  return text.length <= 110 ? text : `${text.slice(0, 110).replace(/\s\S*$/, '')} …`;
}
