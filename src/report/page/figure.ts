import { drawing } from './drawing.js';
import { type Html, html } from './html.js';

/** An SVG with its caption; of a file that a person has put there in a figure's place, its name alone. */
export function figure(caption: string, name: string, svg: string): Html {
  const image = drawing(svg);
  if (!image) return html`<p>${name} is no drawing of this program: it is left out here.</p>`;
  return html`<figure><figcaption>${caption}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="${caption}">${image}</div></figure>`;
}
