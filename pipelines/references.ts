// What a value in `with` or `results` means: `$params.NAME`, `$STEP.OUTPUT` (an edge), or itself. `$$` begins a text that
// begins with a dollar sign.

export type Reference =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'param'; readonly name: string; readonly text: string }
  | { readonly kind: 'output'; readonly step: string; readonly output: string; readonly text: string }
  | { readonly kind: 'bad'; readonly text: string };

const REFERENCE = /^\$([A-Za-z][\w-]*)\.([A-Za-z][\w-]*)$/;

export function parseReference(value: unknown): Reference {
  if (typeof value !== 'string' || !value.startsWith('$')) return { kind: 'literal', value };
  if (value.startsWith('$$')) return { kind: 'literal', value: value.slice(1) };
  const [, scope, name] = REFERENCE.exec(value) ?? [];
  if (scope === undefined || name === undefined) return { kind: 'bad', text: value };
  return scope === 'params' ? { kind: 'param', name, text: value } : { kind: 'output', step: scope, output: name, text: value };
}
