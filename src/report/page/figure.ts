import { folded } from './document.js';
import { drawing } from './drawing.js';
import { type Html, html } from './html.js';

/** An SVG with its caption; of a file that a person has put there in a figure's place, its name alone. */
export function figure(caption: string, name: string, svg: string): Html {
  const image = drawing(svg);
  return image ? html`<figure><figcaption>${caption}</figcaption>${scrolling(caption, image)}</figure>` : strange(name);
}

/** The same, its caption what it unfolds by. */
export function foldedFigure(caption: string, name: string, svg: string): Html {
  const image = drawing(svg);
  return image ? folded(caption, html`<figure>${scrolling(caption, image)}</figure>`) : strange(name);
}

const scrolling = (caption: string, image: Html): Html =>
  html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">${image}</div>`;

const strange = (name: string): Html => html`<p>${name} is no drawing of this program: it is left out here.</p>`;
