/* One of the page's two networks: what has become of it while it trained. */
import type { Trace } from '../core.js';
import type { Measurement, Settings } from './engine/answers.js';
import { Engine } from './engine/messages.js';
import { STEPS } from './plans.js';

/** How a network stood at a step. */
export interface Point {
  readonly step: number;
  /** Mean over the mini-batches since the point before; undefined before the first. */
  readonly loss: number | undefined;
  readonly measured: Measurement | undefined;
}

/** How long a worker trains before it looks at its messages, in ms: a pause takes no longer. */
const SLICE = 40;
/** A shown loss is the mean of about this many mini-batches. */
const LOSS_EVERY = 5;
/** Mini-batches between two measurements: often at the start, when most happens. */
const measuredAt = (step: number): boolean =>
  step < 50 ? step % 10 === 0 : step < 200 ? step % 25 === 0 : step % 100 === 0 || step === STEPS;

/** The next step after this one at which something is shown, `until` at the latest. */
export function nextShown(step: number, until: number): number {
  let next = step + 1;
  while (next < until && !measuredAt(next) && next % LOSS_EVERY !== 0) next++;
  return next;
}

export class Side {
  readonly engine = new Engine();
  history: Point[] = [];
  /** Images a second while training, over the last second or so. */
  rate = 0;
  trace: Trace<Float32Array> | undefined;

  /** The latest that was measured. */
  get measured(): Measurement | undefined {
    return this.history.findLast(({ measured }) => measured !== undefined)?.measured;
  }

  /** A fresh network. */
  async begin(settings: Settings): Promise<void> {
    await this.engine.call('begin', settings);
    await this.start();
  }

  /** The network of a run's file. */
  async load(name: string): Promise<void> {
    const response = await fetch(new URL(name, import.meta.url));
    if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
    await this.engine.call('load', new Uint8Array(await response.arrayBuffer()), name);
    await this.start();
  }

  /**
   * Trains on to a step, and keeps how it stands there.
   *
   * @returns whether the loss is still a number
   */
  async advance(target: number, until: number): Promise<boolean> {
    let [images, loss, seconds] = [0, 0, 0];
    for (let step = 0; step < target; ) {
      const piece = await this.engine.call('advance', target, SLICE);
      if (Number.isNaN(piece.loss)) return false;
      images += piece.images;
      loss += piece.loss * piece.images;
      seconds += piece.seconds;
      step = piece.step;
    }
    const rate = images / seconds;
    this.rate = this.rate === 0 ? rate : 0.8 * this.rate + 0.2 * rate;
    const measured = measuredAt(target) || target === until ? await this.engine.call('measure') : undefined;
    this.history.push({ step: target, loss: loss / images, measured });
    return true;
  }

  /** Measures where it stands, if that was not done. */
  async measureLast(): Promise<void> {
    const last = this.history.at(-1);
    if (last && !last.measured) this.history.splice(-1, 1, { ...last, measured: await this.engine.call('measure') });
  }

  private async start(): Promise<void> {
    this.history = [{ step: 0, loss: undefined, measured: await this.engine.call('measure') }];
    this.rate = 0;
  }
}
