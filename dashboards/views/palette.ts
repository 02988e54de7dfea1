// The page's colours, each for light and dark. Series after Okabe and Ito (2008), darkened or lightened until each stands
// 3:1 or better against its paper; levels run through plasma's hues, whose lightness falls with the noise.

export type Theme = 'page' | 'light' | 'dark';

/** `name: [light, dark]`; on the page they are custom properties, so that the switch redraws nothing. */
export const palette = {
  paper: ['#ffffff', '#15181d'],
  ground: ['#f5f5f2', '#0d0f12'],
  ink: ['#1b1f24', '#e8eaed'],
  muted: ['#5a626c', '#a3abb5'],
  line: ['#d9dbd7', '#2d333b'],
  blue: ['#0067a8', '#5fb4f2'],
  orange: ['#bf4a00', '#f58b45'],
  green: ['#00745a', '#3fcaa0'],
  pink: ['#a2418a', '#e490cb'],
  gray: ['#767c84', '#8b939d'],
  band: ['#dcebf5', '#1c3346'],
  good: ['#00694f', '#4ad3a8'],
  bad: ['#b02a1a', '#ff8a75'],
  unsure: ['#7a5a00', '#e3b94b'],
  level0: ['#0d0887', '#8f86ff'],
  level1: ['#4903a0', '#a97cfb'],
  level2: ['#7801a8', '#c574ee'],
  level3: ['#a01a9c', '#dd70d6'],
  level4: ['#b93289', '#ef74b0'],
  level5: ['#cb4679', '#fa8289'],
  level6: ['#d5546e', '#fb9f67'],
  level7: ['#dd5e52', '#f7c95a'],
} as const satisfies Record<string, readonly [string, string]>;

export type ColourName = keyof typeof palette;

export function colour(name: ColourName): string {
  return `var(--${name})`;
}

/** Colour of the i-th of n noise levels, lowest first. */
export function levelColour(i: number, n: number): string {
  return colour(`level${n < 2 ? 0 : Math.round((i * 7) / (n - 1))}` as ColourName);
}

/** Replaces the custom properties by one theme's colours: an SVG that stands alone. */
export function resolveColours(svg: string, theme: Theme): string {
  if (theme === 'page') return svg;
  return svg.replace(/var\(--([a-z0-9]+)\)/g, (text, name: string) => palette[name as ColourName]?.[theme === 'light' ? 0 : 1] ?? text);
}
