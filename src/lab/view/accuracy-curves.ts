/* Accuracy under attack over many test images, counted while one looks. */
import { CHUNK } from '../engine/session.js';
import type { Lab } from '../lab.js';
import { labelOf, toneOf } from '../words.js';
import { networksKey } from './attack-example.js';

/** Test images of the curve, and its radii. */
export const CURVE_IMAGES = 208;
const RADII = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];

/** Counts image by image, chunk by chunk, while nothing else is asked of the workers. */
export class Curves {
  private key = '';
  private counts: { right: number; total: number }[][] = [];
  private running = false;
  constructor(private readonly lab: Lab) {}

  /** What is known so far; goes on counting in the background. */
  lines() {
    const { state } = this.lab;
    void this.count();
    return state.rules.map((rule, i) => ({
      name: i === 1 && state.rules[0] === rule ? `${labelOf(rule)}, right` : labelOf(rule),
      tone: toneOf(rule),
      dashed: i === 1 && state.rules[0] === rule,
      points: RADII.map((radius, r): [number, number] => {
        const found = this.counts[i]?.[r];
        return [radius, found && found.total > 0 ? found.right / found.total : Number.NaN];
      }),
    }));
  }

  private get wanted(): string {
    const { state, sides } = this.lab;
    return [state.attack, state.iterations, state.path, state.loss, networksKey(sides)].join();
  }

  private async count(): Promise<void> {
    const { lab } = this;
    if (this.running || this.key === this.wanted || lab.busy || lab.state.view !== 'attack') return;
    this.running = true;
    const key = this.wanted;
    this.key = key;
    this.counts = [0, 1].map(() => RADII.map(() => ({ right: 0, total: 0 })));
    // All radii on few images first, then on more: the whole curve is there at once, and steadies.
    for (let first = 0; first < CURVE_IMAGES; first += CHUNK) {
      for (const [r, epsilon] of RADII.entries()) {
        if (this.wanted !== key || lab.busy || lab.state.view !== 'attack') {
          this.key = '';
          this.running = false;
          return;
        }
        await Promise.all(
          lab.sides.map(async ({ engine }, i) => {
            const { right } = await engine.call('attackChunk', first, lab.attackSettings({ epsilon }));
            if (this.wanted !== key) return;
            this.counts[i][r].total += right.length;
            this.counts[i][r].right += right.filter(Boolean).length;
          }),
        );
        lab.changed();
      }
    }
    this.running = false;
  }
}
