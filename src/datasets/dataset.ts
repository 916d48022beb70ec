import type { LabelledImages } from '../tensor/images.js';

export type { LabelledImages };

export interface Dataset {
  /** The name on the command line, such as `mnist`. */
  readonly name: string;
  /** `[C, H, W]` */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** What each class index means. */
  readonly classes: readonly string[];
  /** Mean and standard deviation of the training pixels in [0, 1] units, one per channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** What a folder of the user's own holds and was not read, by reason. */
  readonly leftOut?: readonly LeftOut[];
}

/** Files and folders that were not read for one reason. */
export interface LeftOut {
  /** Such as `hidden`. */
  readonly why: string;
  readonly count: number;
  /** The first few, in order; a folder's name ends in `/`. */
  readonly examples: readonly string[];
}

export interface LoadOptions {
  /** A folder of the user's own with the data set's files, instead of the data set's usual source. */
  readonly directory?: string | undefined;
  /** Called with a line of text when something takes long enough for a person to wonder (a download, a decode). */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Aborted, it ends reading and fetching at once. What was downloaded stays, for the next time to go on from. */
  readonly signal?: AbortSignal | undefined;
}

/** A file as its authors published it. */
export interface PublishedFile {
  readonly name: string;
  /** Other names that copies of it go by, zipped (gzip) ones too. */
  readonly alsoCalled?: readonly string[];
  /** SHA-256 (hexadecimal) of the file, of the unzipped bytes where it is zipped. */
  readonly sha256: string;
}

/** How a data set is found, verified and read. */
export interface DatasetSource {
  /** The name a person reads, such as `MNIST`. */
  readonly title: string;
  /** Where the files come from and under which licence, in one sentence each. */
  readonly source: string;
  readonly licence: string;
  /** Empty where nothing is published: then there is nothing to verify. */
  readonly files: readonly PublishedFile[];
  /** The radii of an audit, where networks fall at others than MNIST's; each in (0, 1]. */
  readonly auditEpsilons?: readonly number[];
  /** Where the files are kept, whether or not they are there yet: `data/<name>`, unless a package brings them. */
  folder(): string;
  /**
   * Gets those of the files that are missing or damaged, and verifies all.
   *
   * @throws {UserError} if they can't be had; the message says what to do by hand.
   * @throws the signal's reason, or an Interruption that says what is kept, if it was aborted
   */
  fetch(options?: Omit<LoadOptions, 'directory'>): Promise<void>;
  /**
   * Reads and verifies the data set; gets it first where it isn't there yet.
   *
   * @throws {UserError} if a file is missing, truncated, corrupt or not the one expected.
   * @throws as {@link fetch} does, if the signal was aborted
   */
  load(options?: LoadOptions): Promise<Dataset>;
}
