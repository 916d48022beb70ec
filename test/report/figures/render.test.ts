import { type DecodedPng, decode } from 'fast-png';
import { test } from 'tap';
import { figureA, figureB } from '../../../src/report/figures/accuracy.js';
import { renderPng, renderSvg } from '../../../src/report/figures/render.js';
import { exampleResults } from '../../helpers/results-example.js';

const textElement = /<text[^>]*>(.*?)<\/text>/g;
const six = ['fgsm', 'bim', 'mi-fgsm', 'pgd', 'apgd', 'square'];

const svgOfA = await renderSvg(figureA(exampleResults())!);

function texts(svg: string): string[] {
  return [...svg.matchAll(textElement)].map((match) => match[1]!.replace(/<[^>]*>/g, ''));
}

/** The SVG with each text filled as `fill` says, and nothing but text. */
function textAlone(svg: string, fill: (index: number) => string): string {
  let index = 0;
  const coloured = svg.replace(textElement, (element) => element.replace(/fill="[^"]*"/, fill(index++)));
  return coloured.replace(/<(path|line|rect)[^>]*(\/>|><\/\1>)/g, '');
}

test('the SVG holds the title, the names and the axes as text, in Inter with fonts to fall back on', async (t) => {
  const found = texts(svgOfA);
  const expected = ['MNIST: adversarial accuracy', 'BP', 'FA', 'FGSM', 'BIM', 'MI-FGSM', 'Accuracy (%)', '100', '0.5'];
  for (const text of expected) t.ok(found.includes(text), text);
  t.ok(found.some((text) => text.includes('ε')));
  t.match(svgOfA, /font-family="Inter, Helvetica, Arial, sans-serif"/);
  const transfer = texts(await renderSvg(figureB(exampleResults())!));
  for (const text of ['BP → FA', 'FA → BP']) t.ok(transfer.includes(text), text);
});

test('epsilons of a few 255ths are labelled in 255ths, and no label is dropped', async (t) => {
  const epsilons = Array.from({ length: 17 }, (_, index) => index / 255);
  const found = texts(await renderSvg(figureA(exampleResults({ epsilons }))!));
  for (let step = 0; step <= 16; step++) t.ok(found.includes(String(step)), `${step}/255`);
});

test('the PNG is twice the size of the SVG, some 1,500 pixels wide, and opaque white at its corners', async (t) => {
  const [width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svgOfA)!.slice(1).map(Number);
  const png = decode(await renderPng(svgOfA));
  t.same([png.width, png.height], [2 * width!, 2 * height!]);
  t.ok(png.width >= 1400 && png.width <= 1600, `${png.width} pixels wide`);
  t.same([...png.data.subarray(0, 4)], [255, 255, 255, 255]);
  t.same([...png.data.subarray(-4)], [255, 255, 255, 255]);
});

test('every text of a figure leaves ink in the PNG and keeps clear of its edges', async (t) => {
  const results = exampleResults({ attacks: six, paths: ['feedback', 'true'] });
  for (const svg of [svgOfA, await renderSvg(figureA(results)!), await renderSvg(figureB(results)!)]) {
    const png = decode(await renderPng(textAlone(svg, (index) => `fill="rgb(${index},0,0)"`)));
    const found = texts(svg);
    t.ok(found.length > 25 && found.length < 100, `${found.length} texts`);
    const covered = found.map(() => 0);
    const atEdge = new Set<string>();
    for (let at = 0; at < png.data.length; at += 4) {
      const [red, , , alpha] = png.data.subarray(at, at + 4);
      if (alpha !== 255) continue;
      covered[red!]!++;
      const [x, y] = [(at / 4) % png.width, Math.floor(at / 4 / png.width)];
      if (x < 20 || y < 20 || x >= png.width - 20 || y >= png.height - 20) atEdge.add(found[red!]!);
    }
    t.same([...atEdge], []);
    for (const [index, text] of found.entries()) {
      t.ok(covered[index]! > 10 * text.replaceAll(/[\s.,:;]/g, '').length, `"${text}": ${covered[index]} pixels`);
    }
  }
});

test('the fonts that come along have two weights and the signs that are not plain letters', async (t) => {
  const ink = async (text: string, weight: number) => {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text x="10" y="30" font-size="16"
      font-family="Inter, Arial" font-weight="${weight}">${text}</text></svg>`;
    return opaquePixels(decode(await renderPng(svg)));
  };
  t.ok((await ink('Accuracy', 600)) > 1.1 * (await ink('Accuracy', 400)));
  for (const sign of ['ε', '∞', '→', '%']) t.ok((await ink(sign, 400)) > 20, sign);
});

test('no text lies on another text, a line or a point, for one attack or six, one gradient path or two', async (t) => {
  for (const spec of [
    figureA(exampleResults()),
    figureB(exampleResults({ attacks: six })),
    figureA(exampleResults({ attacks: six, paths: ['feedback', 'true'] })),
    figureA(exampleResults({ attacks: ['bim'], epsilons: [0.3] })),
  ]) {
    const svg = await renderSvg(spec!);
    // Half-transparent on nothing: two texts on one pixel make it more than half opaque.
    const alone = decode(await renderPng(textAlone(svg, () => 'fill="black" fill-opacity="0.5"')));
    const background = /<rect[^>]*fill="white"\/>/;
    const marks = decode(await renderPng(svg.replace(textElement, '').replace(background, '')));
    let [textOnText, textOnMark, text, mark] = [0, 0, 0, 0];
    for (let at = 3; at < alone.data.length; at += 4) {
      if (alone.data[at]! > 130) textOnText++;
      if (alone.data[at]! > 0 && marks.data[at]! > 0) textOnMark++;
      if (alone.data[at]! > 0) text++;
      if (marks.data[at]! > 0) mark++;
    }
    t.same([textOnText, textOnMark], [0, 0]);
    t.ok(text > 10_000 && mark > 10_000 && mark < 200_000, `${text} pixels of text, ${mark} of lines and points`);
  }
});

function opaquePixels(png: DecodedPng): number {
  return png.data.filter((value, at) => at % 4 === 3 && value > 0).length;
}
