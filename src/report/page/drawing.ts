import { Html } from './html.js';

/** The elements and attributes that our figures are made of; none loads, links or runs anything. */
const ELEMENTS = new Set(['svg', 'g', 'path', 'rect', 'line', 'circle', 'text', 'tspan', 'title']);
const REFUSED_ATTRIBUTE = /\s(on\w*|style|id|(xlink:)?href)=|url\(/i;
const PIECE = /<(\/?)([a-z]+)((?:\s+[a-zA-Z][\w:-]*="[^"<>]*")*)\s*(\/?)>|[^<>]+/gy;

/**
 * The text of an SVG file as HTML, if it is a drawing and nothing else: one `svg` element, every element in it closed,
 * and only such as our figures have. Undefined for any other text, which a person may have put there.
 */
export function drawing(svg: string): Html | undefined {
  const text = svg.trim();
  const open: string[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const first = PIECE.lastIndex === 0;
    const piece = PIECE.exec(text);
    if (!piece) return undefined;
    const [, closing, name, attributes, empty] = piece;
    if (first ? name !== 'svg' || closing !== '' : open.length === 0) return undefined;
    if (name === undefined) continue;
    if (!ELEMENTS.has(name) || REFUSED_ATTRIBUTE.test(attributes)) return undefined;
    if (closing) {
      if (open.pop() !== name) return undefined;
    } else if (!empty) open.push(name);
  }
  return open.length === 0 && text !== '' ? new Html(text) : undefined;
}
