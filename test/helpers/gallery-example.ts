import type { Gallery } from '../../src/report/gallery/gallery.js';

const bytes = (...values: number[]) => Buffer.from(values).toString('base64');

/** One image of four pixels, attacked at two epsilons. */
export const exampleGallery: Gallery = {
  schema: 1,
  dataset: 'mnist',
  attack: 'bim',
  shape: [1, 2, 2],
  classes: ['three', 'seven'],
  networks: ['bp'],
  images: [{ index: 4, label: 1, pixels: bytes(0, 255, 100, 7), answers: { bp: { class: 1, confidence: 0.99 } } }],
  examples: [
    { epsilon: 0.2, pixels: bytes(51, 204, 100, 7) },
    { epsilon: 0.4, pixels: bytes(102, 153, 100, 7) },
  ].map((each) => ({
    ...each,
    image: 0,
    source: 'bp',
    path: 'true',
    loss: 'margin',
    answers: { bp: { class: 0, confidence: 0.6 } },
  })),
};
