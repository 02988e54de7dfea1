// SVG to PNG by resvg, which reads the system's fonts and falls back from face to face as a browser does. Where there is no
// font at all it drops text silently: ask hasFont first.

/** Pixels per unit: a figure of half the page is 1920 wide, as the page's own export. */
const ZOOM = 3;
const FONT = { loadSystemFonts: true } as const;

export async function rasterize(svg: string): Promise<Uint8Array> {
  const { Resvg } = await load();
  return new Resvg(svg, { font: FONT, fitTo: { mode: 'zoom', value: ZOOM } }).render().asPng();
}

/** Whether letters leave a trace. */
export async function hasFont(font: { readonly loadSystemFonts: boolean } = FONT): Promise<boolean> {
  const { Resvg } = await load();
  const letters = new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="20"><text y="15">Tα</text></svg>', { font });
  return letters.innerBBox() !== undefined;
}

/** A native library: only where a picture is wanted. */
function load(): Promise<typeof import('@resvg/resvg-js')> {
  return import('@resvg/resvg-js');
}
