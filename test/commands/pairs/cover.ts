/* Chooses the options of calls: many at once, until each pair of options was in a call that was not refused. */
import type { RandomStream } from '../../../src/tensor/random.js';
import type { Given } from './values.js';

/** One option. If its values are names, each name is paired with every other option; else any value stands for all. */
export interface Factor {
  readonly flag: string;
  /** Empty if the option is a flag without a value. */
  readonly values: readonly string[];
  readonly named: boolean;
}

/** A value of a factor; undefined stands for any of its values. */
interface Level {
  readonly factor: Factor;
  readonly value: string | undefined;
}

const levelsOf = (factor: Factor): Level[] =>
  factor.named ? factor.values.map((value) => ({ factor, value })) : [{ factor, value: undefined }];

interface Pair {
  readonly levels: readonly [Level, Level];
  /** The most options of a call for this pair: half as many after each refusal. */
  most: number;
}

/** The most options of a call. */
const AT_ONCE = 10;

/** The pairs of options that no call has covered yet. */
export class Pairs {
  private readonly open = new Map<string, Pair>();
  private readonly levels: readonly Level[];
  private readonly ids = new Map<Level, number>();
  private begun: Pair | undefined;

  constructor(
    factors: readonly Factor[],
    private readonly random: RandomStream,
  ) {
    this.levels = factors.flatMap(levelsOf);
    for (const [i, level] of this.levels.entries()) this.ids.set(level, i);
    const pairs: Pair[] = [];
    for (const [i, one] of this.levels.entries()) {
      for (const other of this.levels.slice(i + 1)) {
        if (one.factor !== other.factor) pairs.push({ levels: [one, other], most: AT_ONCE });
      }
    }
    for (const pair of this.shuffled(pairs)) this.open.set(this.key(...pair.levels), pair);
  }

  /** The number of pairs left. */
  get left(): number {
    return this.open.size;
  }

  /** Returns the next call's options; an empty list if no pair is left. */
  next(): Given[] {
    let pair: Pair | undefined;
    for (const each of this.open.values()) if (!pair || each.most > pair.most) pair = each;
    this.begun = pair;
    this.row = pair ? [...pair.levels] : [];
    for (const level of this.shuffled(this.levels)) {
      if (this.row.length >= (pair?.most ?? 0)) break;
      if (this.row.some(({ factor }) => factor === level.factor)) continue;
      if (this.row.some((other) => this.open.has(this.key(level, other)))) this.row.push(level);
    }
    return this.row.map(({ factor: { flag, values }, value }) =>
      values.length === 0 ? { flag } : { flag, value: value ?? values[this.random.integer(0, values.length - 1)] },
    );
  }

  private row: Level[] = [];

  /** Records the end of the call that `next` chose. After a refusal its first pair is tried again with fewer options. */
  tried(refused: boolean): void {
    if (refused && this.row.length > 2) {
      if (this.begun) this.begun.most = Math.max(2, Math.floor(this.row.length / 2));
      return;
    }
    for (const [i, one] of this.row.entries()) {
      for (const other of this.row.slice(i + 1)) this.open.delete(this.key(one, other));
    }
  }

  private key(one: Level, other: Level): string {
    const ids = [this.ids.get(one) as number, this.ids.get(other) as number];
    return `${Math.min(...ids)} ${Math.max(...ids)}`;
  }

  private shuffled<Item>(items: readonly Item[]): Item[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.random.integer(0, i);
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }
}
