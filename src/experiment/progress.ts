/** Shows how far long work is, and when it will be done. */
export interface Progress {
  /** Starts a piece of work of `total` units, `done` of which an earlier run did. */
  begin(title: string, total: number, done: number): ProgressBar;
  /** Prints a line. */
  log(line: string): void;
}

export interface ProgressBar {
  update(done: number): void;
  /** Prints a line that stays, above the bar. */
  log(line: string): void;
  end(): void;
}

/** Prints nothing: for the library and tests. */
export const silent: Progress = {
  begin: () => ({ update() {}, log() {}, end() {} }),
  log() {},
};
