/** That so many units take so many seconds. */
export interface Pace {
  readonly units: number;
  readonly seconds: number;
}

/** Shows how far long work is, and when it will be done. */
export interface Progress {
  /**
   * Does a piece of work of `total` units, and shows how far it is for as long as it lasts and no longer.
   *
   * @param done units that an earlier run did
   * @param work is handed a function to say how many units are done by now, and another title where that has changed
   * @param pace what is known before the work begins of how long it takes
   * @returns what the work returns; what it throws is thrown on
   */
  during<Result>(
    title: string,
    total: number,
    done: number,
    work: (update: (done: number, title?: string) => void) => Promise<Result>,
    pace?: Pace,
  ): Promise<Result>;
  /** Prints a line that stays, whatever is shown below it. */
  log(line: string): void;
}

/** What the steps of a run go by, where their progress is shown. */
export const stepTitles = {
  training: (labels: readonly string[]): string => `${labels.join(' and ')} training`,
  /** @param path where there are several */
  attacks: (label: string, path?: string): string => `attacks on ${label}${path === undefined ? '' : `, ${path} path`}`,
  /** @param remaining whether it is a round after the first, most of it on images that are still right */
  audit: (label: string, remaining: boolean): string => `audit of ${label}${remaining ? ', what is left' : ''}`,
};

/** Prints nothing: for the library and tests. */
export const silent: Progress = {
  during: (_title, _total, _done, work) => work(() => {}),
  log() {},
};
