import { z } from 'zod';
import { UserError } from '../../errors.js';
import { gradientPaths } from '../../rules/path.js';
import { count, type FileFormat, list, type Parsed, parseFile, share, table } from '../../schema.js';
import { statedLoss } from '../stated-loss.js';

/*
 * The schema of `gallery.json`: a few test images, what an attack on each network makes of them, and what the networks
 * say to each. Fields may be added; none changes its meaning. Objects are loose: a field that a later version added is
 * kept.
 */

/**
 * By the network's name: the class that it takes an image for, and the softmax's share for that; null where its logits
 * are NaN or infinite, which is no answer.
 */
const answers = table(z.looseObject({ class: count, confidence: share }).nullable());
export type GalleryAnswers = Parsed<typeof answers>;

/** `[C, H, W]` bytes 0..255 in base64. */
const pixels = z.base64();

const exampleSchema = z.looseObject({
  /** The place in `images`. */
  image: count,
  /** The network whose gradient made it. */
  source: z.string(),
  path: z.enum(gradientPaths),
  /** The loss that the attack maximised; null for a control. */
  loss: z.string().nullable(),
  epsilon: share,
  /** Rounded to bytes, for eyes. */
  pixels,
  /** Of the unrounded image, which the run's accuracies count. */
  answers,
  /** Of the rounded image, the one in `pixels`; files of earlier versions don't have it. */
  roundedAnswers: answers.optional(),
});
export type GalleryExample = Parsed<typeof exampleSchema>;

const side = count.min(1).max(4096);
const gallerySchema = z.looseObject({
  schema: z.literal(1),
  dataset: z.string(),
  attack: z.string(),
  /** `[C, H, W]`, grey or RGB. */
  shape: z.tuple([z.union([z.literal(1), z.literal(3)]), side, side]),
  /** The classes' names, in the order of their numbers. */
  classes: list(z.string(), 1),
  networks: list(z.string(), 1),
  images: list(
    z.looseObject({
      /** Among the test images, from 0. */
      index: count,
      label: count,
      pixels,
      answers,
    }),
    1,
  ),
  examples: list(exampleSchema),
});
export type Gallery = Parsed<typeof gallerySchema>;

const format: FileFormat<typeof gallerySchema> = {
  schema: gallerySchema,
  title: 'the gallery.json of a run or an audit',
  advice: 'Repeat the audit to write it again.',
};

/**
 * Reads the text of a `gallery.json`.
 *
 * @param file the file's name, for the message of an error
 * @param advice what the reader is told to do
 * @throws {UserError} if the text is not JSON, is of another schema, a field is missing or impossible, or a picture has
 *   another size than `shape` says
 */
export function parseGallery(text: string, file: string, advice = format.advice): Gallery {
  const gallery = parseFile(format, text, file, advice);
  const fault = contradiction(gallery);
  if (fault) throw new UserError(`${file} contradicts itself: ${fault}. ${advice}`);
  const { attack, examples } = gallery;
  return { ...gallery, examples: examples.map((each) => ({ ...each, loss: statedLoss(attack, each.loss) })) };
}

/** What no schema of single fields sees. */
function contradiction({ shape, classes, images, examples }: Gallery): string | undefined {
  const size = shape[0] * shape[1] * shape[2];
  const rounded = examples.map(({ pixels, roundedAnswers = {} }) => ({ pixels, answers: roundedAnswers }));
  for (const { pixels, answers } of [...images, ...examples, ...rounded]) {
    const held = pixelsOf(pixels).length;
    if (held !== size) return `a picture has ${held} bytes, ${size} are expected`;
    for (const answer of Object.values(answers)) {
      if (answer && answer.class >= classes.length)
        return `a network answers ${answer.class}, of ${classes.length} classes`;
    }
  }
  const stranger = images.find(({ label }) => label >= classes.length);
  if (stranger) return `an image is of class ${stranger.label}, of ${classes.length} classes`;
  const lost = examples.find(({ image }) => image >= images.length);
  return lost && `an example is of image ${lost.image}, of ${images.length} images`;
}

/** A picture's bytes. */
export const pixelsOf = (text: string): Uint8Array => Buffer.from(text, 'base64');

/** The width in pixels at which the report shows a picture: twice as large ones are drawn with fewer pixels. */
const DRAWN_SIDE = 64;

/** Returns n where each n-th row and column of a picture is drawn; 1 for pictures under 128 pixels. */
export const drawnEvery = ([, rows, columns]: readonly number[]): number =>
  Math.max(1, Math.floor(Math.max(rows, columns) / DRAWN_SIDE));

/** Returns the number of channels, rows and columns of a picture as it is drawn. */
export const drawnShape = (shape: readonly number[]): [channels: number, rows: number, columns: number] => {
  const every = drawnEvery(shape);
  return [shape[0], Math.ceil(shape[1] / every), Math.ceil(shape[2] / every)];
};
