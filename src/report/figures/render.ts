/** Vega-Lite spec → SVG → PNG, without a browser. The libraries are loaded at the first call: Vega alone takes a quarter of a second. */
import type { TopLevelSpec } from 'vega-lite';
import { sparingly } from '../../tensor/address-space.js';

/** Draws a spec as SVG text. Text stays text; the fonts it names are the viewer's. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const [vega, vegaLite] = await sparingly(() => Promise.all([import('vega'), import('vega-lite')]));
  textMetrics(vega).width = (item, text) => meanAdvance * String(text ?? '').length * (item.fontSize ?? 11);
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Inter's mean character width in units of the font size, rounded up so that nothing is cut. */
const meanAdvance = 0.56;

interface TextMetrics {
  width(item: { readonly fontSize?: number }, text: unknown): number;
}

/**
 * Vega lays figures out by the width of their text, which it guesses without a canvas, and a third too wide. It lets
 * a renderer put its own measure in place; its types leave that out.
 */
function textMetrics(vega: object): TextMetrics {
  return (vega as { textMetrics: TextMetrics }).textMetrics;
}

/** PNG pixels per SVG pixel. */
const resolution = 2;

/** Draws an SVG as PNG at twice its size. Its text is set in Inter, which comes along: no font of the machine is used. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  rasterizer ??= sparingly(loadRasterizer);
  const { Resvg, fonts } = await rasterizer;
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: resolution },
    font: { fontBuffers: fonts, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' },
  });
  try {
    const image = resvg.render();
    const png = image.asPng();
    image.free();
    resvg.free();
    return png;
  } catch (error) {
    // A trap, most likely for lack of memory. The module can't be used any more, not even to free its objects.
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    throw new RangeError(`out of memory while a figure was drawn: ${error.message}`, { cause: error });
  }
}

/** Loaded once: resvg refuses a second initialisation. */
let rasterizer: ReturnType<typeof loadRasterizer> | undefined;

async function loadRasterizer() {
  const [{ readFile }, { createRequire }, { initWasm, Resvg }] = await Promise.all([
    import('node:fs/promises'),
    import('node:module'),
    import('@resvg/resvg-wasm'),
  ]);
  const { resolve } = createRequire(import.meta.url);
  const [wasm, ...fonts] = await Promise.all(
    [
      '@resvg/resvg-wasm/index_bg.wasm',
      '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
      '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
    ].map((file) => readFile(resolve(file))),
  );
  await initWasm(wasm!);
  return { Resvg, fonts };
}
