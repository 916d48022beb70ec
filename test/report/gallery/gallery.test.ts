import { test } from 'tap';
import { UserError } from '../../../src/errors.js';
import { parseGallery, pixelsOf } from '../../../src/report/gallery/gallery.js';
import { exampleGallery } from '../../helpers/gallery-example.js';

const [image] = exampleGallery.images;
const [example] = exampleGallery.examples;
const parse = (changes: object) => parseGallery(JSON.stringify({ ...exampleGallery, ...changes }), 'gallery.json');

test('a gallery reads back, fields of later versions included', (t) => {
  t.same(parse({}), exampleGallery);
  t.same([...pixelsOf(parse({ later: 1 }).images[0].pixels)], [0, 255, 100, 7]);
  t.end();
});

test('what cannot be is refused with the file’s name', (t) => {
  for (const [changes, message] of [
    [{ schema: 2 }, /schema/],
    [{ shape: [2, 2, 2] }, /shape/],
    [{ shape: [1, 2, 3] }, /a picture has 4 bytes, 6 are expected/],
    [{ images: [] }, /images/],
    [{ images: [{ ...image, pixels: '<b>' }] }, /pixels/],
    [{ images: [{ ...image, label: 2 }] }, /of class 2, of 2 classes/],
    [{ examples: [{ ...example, image: 1 }] }, /image 1, of 1 images/],
    [{ examples: [{ ...example, answers: { bp: { class: 5, confidence: 1 } } }] }, /answers 5, of 2 classes/],
    [{ examples: [{ ...example, answers: { bp: { class: 0, confidence: 1.5 } } }] }, /confidence/],
    [{ examples: [{ ...example, roundedAnswers: { bp: { class: 5, confidence: 1 } } }] }, /answers 5, of 2 classes/],
  ] as const) {
    t.throws(() => parse(changes), { constructor: UserError, message }, JSON.stringify(changes));
    t.throws(() => parse(changes), { message: /^gallery\.json\b/ });
  }
  t.end();
});

test('examples of an earlier build get the loss that their attack maximised', (t) => {
  const stated = (attack: string) =>
    parse({ attack, examples: [{ ...example, loss: 'cross-entropy' }] }).examples[0].loss;
  t.same(['bim', 'fab', 'square', 'grey'].map(stated), ['cross-entropy', 'margin', 'margin', null]);
  t.end();
});
