/** The gallery of the report: what an attack makes of a few test images, and what the networks say to that. */
import { encode } from 'fast-png';
import { epsilonTexts, finePercent } from '../../words.js';
import { epsilonsOf } from '../epsilon-text.js';
import {
  drawnEvery,
  drawnShape,
  type Gallery,
  type GalleryAnswers,
  type GalleryExample,
  pixelsOf,
} from '../gallery/gallery.js';
import { displayName } from '../names.js';
import { folded } from './document.js';
import { type Html, html } from './html.js';

/** A picture's width in pixels where the page's style is blocked. */
const PICTURE = 64;

/** Of each ε's images the first few are shown, the others fold. */
const SHOWN = 4;

/** A part for each ε, the middle one open. */
export function gallery(shown: Gallery): Html {
  const epsilons = epsilonsOf([{ points: shown.examples }]);
  const textOf = epsilonTexts(epsilons);
  const middle = Math.floor((epsilons.length - 1) / 2);
  const parts = epsilons.map((epsilon, i) => {
    const text = `ε = ${textOf(epsilon)}`;
    return html`<details class="epsilon" ${i === middle ? 'open' : ''}><summary>${text}</summary>
${picturesAt(shown, epsilon, `Test images without and with ${displayName(shown.attack)}, ${text}`)}</details>
`;
  });
  return html`<section class="gallery"><h2>Gallery</h2>
<p>${chosenSentence(shown)} Beside each: what ${displayName(shown.attack)} added (grey is nothing, white +ε, black −ε), the image with it, and what each network takes it for, with its confidence. A wrong answer is red and marked ✗.</p>
<p>${roundingSentence(shown)}</p>
${parts}</section>`;
}

/** Which images are shown, and whether all their pixels are. */
function chosenSentence({ images, classes, shape }: Gallery): string {
  const own = new Set(images.map(({ label }) => label)).size;
  const next = images.length > own ? ', and the next ones' : '';
  const some = own < classes.length ? `, for ${own} of the ${classes.length} classes` : '';
  const every = drawnEvery(shape);
  const drawn =
    every > 1
      ? ` Of ${shape[1]} × ${shape[2]} pixels each picture shows one in ${every} rows and one in ${every} columns.`
      : '';
  return `Test images: ${images.length}, the first of each class${some}${next}.${drawn}`;
}

interface Column {
  readonly source: string;
  readonly path: GalleryExample['path'];
  readonly loss: string | null;
}

function picturesAt(shown: Gallery, epsilon: number, caption: string): Html {
  const here = shown.examples.filter((example) => example.epsilon === epsilon);
  const columns = new Map<string, Column>(
    here.map(({ source, path, loss }) => [JSON.stringify([source, path, loss]), { source, path, loss }]),
  );
  const head = [...columns.values()].map(
    ({ source, path, loss }) =>
      html`<th scope="col">Made on ${displayName(source)}<br><span class="soft">${path} path${loss === null ? '' : `, ${loss}`}</span></th>`,
  );
  const rows = shown.images.map(({ index, label, pixels, answers }, image) => {
    const cells = [...columns.values()].map((column) => {
      const example = here.find(
        (each) =>
          each.image === image &&
          each.source === column.source &&
          each.path === column.path &&
          each.loss === column.loss,
      );
      return html`<td>${example && exampleOf(shown, example, pixels, label)}</td>`;
    });
    const named = shown.classes[label];
    return html`<tr><th scope="row">${index}: ${named}</th><td>${picture(shown, pixelsOf(pixels), 'clean image')} ${said(shown, answers, label)}</td>${cells}</tr>
`;
  });
  const tableOf = (title: string, some: readonly Html[]) =>
    html`<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>
<caption>${title}</caption>
<thead><tr><th scope="col">Test image</th><th scope="col">Clean</th>${head}</tr></thead>
<tbody>${some}</tbody>
</table></div>`;
  const others = rows.length - SHOWN;
  if (others <= 1) return tableOf(caption, rows);
  return html`${tableOf(caption, rows.slice(0, SHOWN))}
${folded(`${others} more images`, tableOf(`${caption}: ${others} more`, rows.slice(SHOWN)))}`;
}

function exampleOf(shown: Gallery, example: GalleryExample, clean: string, label: number): Html {
  const { pixels, epsilon, answers, roundedAnswers = answers } = example;
  const [before, after] = [pixelsOf(clean), pixelsOf(pixels)];
  const added = after.map((value, i) => 127.5 + Math.max(-127.5, Math.min(127.5, (value - before[i]) / (2 * epsilon))));
  return html`${picture(shown, added, 'perturbation')} ${picture(shown, after, 'adversarial image')} ${said(shown, roundedAnswers, label, answers)}`;
}

/** Whose answers are shown, and for how many pictures the unrounded example's are others. */
function roundingSentence({ examples }: Gallery): string {
  if (examples.some(({ roundedAnswers }) => !roundedAnswers)) {
    return 'The pictures are rounded to bytes. The answers are those for the examples before rounding, and can differ from those for the pictures. Repeat the audit or the attack to get both.';
  }
  const answered = examples.flatMap(({ answers, roundedAnswers = {} }) =>
    Object.keys(roundedAnswers).map((name) => differs(answers[name], roundedAnswers[name])),
  );
  const others = answered.filter(Boolean).length;
  const counted = 'the run’s accuracies count the examples before rounding';
  if (others === 0) {
    return `The pictures are rounded to bytes, and the answers are those for the pictures; ${counted}. Here rounding changes no class.`;
  }
  return `The pictures are rounded to bytes, and the answers are those for the pictures; ${counted}. Rounding changes the class in ${others} of ${answered.length} answers; there the class before rounding stands in brackets.`;
}

type Answer = GalleryAnswers[string];

const differs = (before: Answer | undefined, after: Answer): boolean => before?.class !== after?.class;

/** What each network takes an image for: `BP: 7, 99.1 %`; `(before rounding: 3)` where `unrounded` is another class. */
const said = (
  { classes }: Gallery,
  answers: GalleryAnswers,
  label: number,
  unrounded: GalleryAnswers = answers,
): Html[] =>
  Object.entries(answers).map(([name, answer]) => {
    const wrong = answer?.class !== label;
    const told = answer ? `${classes[answer.class]}, ${finePercent(answer.confidence)}` : 'no answer';
    const before = unrounded[name];
    const other = differs(before, answer) ? ` (before rounding: ${before ? classes[before.class] : 'no answer'})` : '';
    return html`<div class="${wrong ? 'fooled' : 'soft'}">${displayName(name)}: ${told}${wrong ? ' ✗' : ''}${other}</div>`;
  });

function picture({ shape }: Gallery, pixels: Uint8Array, alt: string): Html {
  const [, rows, columns] = shape;
  const every = drawnEvery(shape);
  const [channels, height, width] = drawnShape(shape);
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const place = Math.floor(i / channels);
    const [row, column] = [every * Math.floor(place / width), every * (place % width)];
    return pixels[((i % channels) * rows + row) * columns + column];
  });
  const png = encode({ width, height, channels, depth: 8, data }, { zlib: { level: 9 } });
  return html`<img alt="${alt}" width="${PICTURE}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">`;
}
