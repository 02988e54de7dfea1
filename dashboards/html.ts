// Markup that cannot be injected into: whatever is interpolated is escaped, unless it is markup made here. Questions and
// model texts reach the page only through this.

/** Markup that is safe as it stands. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Tagged template: `html\`<p>${text}</p>\`` escapes text, joins lists, drops null and false. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.map((text, i) => text + (i < parts.length ? render(parts[i]) : '')).join('') };
}

/** Takes markup as it is: SVG from the views, the page's own script and style. */
export function trusted(markup: string): Html {
  return { markup };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON for a script element: no `<` can end it, and U+2028 stays data. */
export function scriptJson(value: unknown): Html {
  return trusted(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}

/** Our own prose: T_base with its subscript, and no line ends between a number and its unit. Never for text that others wrote. */
export function prose(text: string): Html {
  return trusted(escapeHtml(text.replace(UNIT, '$1\u00a0')).replace(/T_base/g, 'T<sub>base</sub>'));
}

/** Lets the name of a site end a line behind each of its dots, on a phone. */
export function breakingAtDots({ markup }: Html): Html {
  return trusted(markup.replace(/(?<=\w)\.(?=[a-z_*])/g, '.<wbr>'));
}

const UNIT = /(\d) (?=(?:%|s|min|h|B|kB|MB|GB|TB|nats|tokens?|units?)(?![\w-]))/g;

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(render).join('');
  return escapeHtml(String(part));
}
