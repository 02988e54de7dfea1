// Chat templates that write today's date (Llama 3.1, Mistral Small) call strftime_now. Prompts are functions of their questions
// here, and one experiment must not mix dates: such a template gets one date for ever, the one that Llama 3.1's falls back to.
import { UserError } from '../formats/user-error.ts';

/** 26 July 2024, 00:00:00, a Friday: each directive of strftime. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  a: 'Fri',
  A: 'Friday',
  b: 'Jul',
  B: 'July',
  d: '26',
  e: '26',
  H: '00',
  I: '12',
  j: '208',
  m: '07',
  M: '00',
  p: 'AM',
  S: '00',
  y: '24',
  Y: '2024',
  '%': '%',
};

/** The template with the date in place of its calls. Throws a UserError where a call's format is no text of its own. */
export function withFixedDate(template: string, folder: string): string {
  const fixed = template.replace(/\bstrftime_now\s*\(\s*(?:"([^"]*)"|'([^']*)')\s*\)/g, (_, double?: string, single?: string) =>
    JSON.stringify(formatted(double ?? single ?? '', folder)),
  );
  if (!/\bstrftime_now\s*\(/.test(fixed)) return fixed;
  throw new UserError(
    `${folder}: the chat template writes the time of rendering in a way that cannot be fixed to one date; give it a date`,
  );
}

function formatted(format: string, folder: string): string {
  return format.replace(/%-?(.)/gs, (directive, letter: string) => {
    const text = DIRECTIVES[letter];
    if (text === undefined) throw new UserError(`${folder}: the chat template writes a date with ${directive}, which is not known here`);
    return directive.startsWith('%-') ? text.replace(/^0(?=.)/, '') : text;
  });
}
