/**
 * Labelled images as the data set's authors published them.
 *
 * Axes: N images, C channels, H rows, W columns.
 */
export interface LabelledImages {
  /** Pixels 0..255, `[N, C, H, W]` row-major, over a SharedArrayBuffer so that every worker reads the one copy. */
  readonly pixels: Uint8Array;
  /** One class index per image, over a SharedArrayBuffer. */
  readonly labels: Uint8Array;
  /** N */
  readonly count: number;
}

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
}

export interface LoadOptions {
  /** A folder of the user's own with the data set's files, instead of the data set's usual source. */
  readonly directory?: string | undefined;
  /** Called with a line of text when something takes long enough for a person to wonder (a download, a decode). */
  readonly onProgress?: ((message: string) => void) | undefined;
}

/** How a data set is found, verified and read. */
export interface DatasetSource {
  /** The name a person reads, such as `MNIST`. */
  readonly title: string;
  /** Where the files come from and under which licence, in one sentence each. */
  readonly source: string;
  readonly licence: string;
  /**
   * Reads and verifies the data set.
   *
   * @throws {UserError} if a file is missing, truncated, corrupt or not the one expected.
   */
  load(options?: LoadOptions): Promise<Dataset>;
}
