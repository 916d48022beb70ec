/* What the page knows and does; the views show it and call it. */

import { type LabelledImages, type RuleName, rules } from '../core.js';
import { initialState, parseAddress, printAddress, type State } from './address.js';
import type { AttackSettings, Settings } from './engine/answers.js';
import { fetchImages, joined } from './images.js';
import { plans, ruleTraining, STEPS } from './plans.js';
import { nextShown, Side } from './side.js';

export class Lab {
  state: State = initialState;
  readonly sides: readonly [Side, Side];
  training = false;
  private stopping = false;
  /** Whether it trains to the step that the address names: nothing to pause unasked. */
  replaying = false;
  /** Why nothing can be trained or shown, where that is so. */
  trouble = '';
  backend = '';
  test: LabelledImages | undefined;
  /** What the networks' traces are of: the picture, or what the attack has made of it. */
  seen: Float32Array | undefined;
  /** Whether the training images have come. */
  canTrain = false;
  /** The rules of the run's networks, where the page was opened on a run's folder. */
  readonly run: readonly RuleName[];
  private readonly listeners: (() => void)[] = [];
  private asked = false;
  /** Counts every change of what the networks are or see: answers to older questions are dropped. */
  private generation = 0;
  private job: Promise<void> = Promise.resolve();
  private written = 0;

  constructor(run: readonly string[]) {
    this.run = run.filter((rule): rule is RuleName => Object.hasOwn(rules, rule));
    this.sides = [new Side(), new Side()];
  }

  /** Loads what is needed to be used, opens the address, and sends for the rest. */
  async open(): Promise<void> {
    const linked = parseAddress(location.hash.slice(1));
    this.state = { ...linked, step: 0 };
    this.wanted = linked.step || undefined;
    this.changed();
    this.test = await fetchImages('test-first.gz');
    await this.each(({ engine }) => engine.call('setImages', { test: this.test }));
    this.backend = await this.sides[0].engine.call('backend');
    await this.goTo(linked);
    addEventListener('hashchange', () => {
      const fragment = location.hash.slice(1);
      if (fragment !== printAddress(this.state)) void this.goTo(parseAddress(fragment));
    });
  }

  async loadRest(): Promise<void> {
    const rest = fetchImages('test-rest.gz');
    if (this.run.length === 0) {
      const train = await fetchImages('train.gz');
      await this.each(({ engine }) => engine.call('setImages', { train }));
      this.canTrain = true;
      this.changed();
      await this.resume();
    }
    this.test = joined(this.test as LabelledImages, await rest);
    await this.each(({ engine }) => engine.call('setImages', { test: this.test }));
    this.forget(); // a picture that was not there yet had another in its place
    if (this.needsTrace()) await this.retrace();
    this.changed();
  }

  /** Whether the networks are not yet, or not still, at the step that they are to be looked at. */
  get busy(): boolean {
    const none = this.sides.some(({ history }) => history.length === 0);
    return none || this.training || this.wanted !== undefined;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Shows on the next frame, once however often it is called. */
  changed(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      for (const listener of this.listeners) listener();
      this.writeAddress();
    });
  }

  get label(): number {
    const { picture } = this.state;
    return picture.kind === 'drawn' ? picture.label : (this.test?.labels[picture.index] ?? 0);
  }

  /** The picture in [0, 1]. */
  get image(): Float32Array {
    const { picture } = this.state;
    if (picture.kind === 'drawn') return Float32Array.from(picture.pixels, (value) => value / 15);
    const at = Math.min(picture.index, (this.test?.count ?? 1) - 1) * 784;
    return Float32Array.from({ length: 784 }, (_, i) => (this.test?.pixels[at + i] ?? 0) / 255);
  }

  /** Changes that leave the networks as they are. */
  show(changes: Partial<State>): void {
    const before = this.state;
    this.state = { ...before, ...changes };
    if (pictureKey(this.state) !== pictureKey(before)) this.forget();
    if (this.needsTrace()) void this.retrace();
    this.changed();
  }

  /** Changes that begin both networks anew. */
  async restart(changes: Partial<State>): Promise<void> {
    const wasTraining = this.training;
    await this.pause();
    this.state = { ...this.state, ...changes, step: 0 };
    await this.beginBoth();
    if (wasTraining) void this.train();
  }

  settingsOf(side: 0 | 1): Settings {
    const { rules: chosen, seed, optimizer, rates, plan: name } = this.state;
    const { activation, initializer } = plans[name];
    const usual = ruleTraining(plans[name], chosen[side]);
    return {
      ...usual,
      rule: chosen[side],
      seed,
      activation,
      initializer,
      optimizer: optimizer ?? usual.optimizer,
      learningRate: rates[side] ?? usual.learningRate,
    };
  }

  attackSettings(changes: Partial<AttackSettings> = {}): AttackSettings {
    const { attack, epsilon, iterations, path, loss, seed } = this.state;
    return { attack, epsilon, iterations, path, loss, seed, ...changes };
  }

  /** Trains both, in step with each other, until paused or done. */
  train(until: number = STEPS): Promise<void> {
    if (this.training || !this.canTrain || this.state.step >= until) return this.job;
    this.training = true;
    this.stopping = false;
    this.job = this.trainUntil(until).catch((error: Error) => this.fail(error));
    return this.job;
  }

  /** Returns once both have stopped, at the same step. */
  async pause(): Promise<void> {
    this.stopping = true;
    await this.job;
  }

  /** The networks of a run in the place of trained ones. */
  private async loadRun(): Promise<void> {
    const chosen = [0, 1].map((i) => this.run[Math.min(i, this.run.length - 1)]) as [RuleName, RuleName];
    const wanted = this.state.rules.every((rule) => this.run.includes(rule)) ? this.state.rules : chosen;
    this.state = { ...this.state, rules: wanted, step: 0 };
    await this.each((side, i) => side.load(`run/${this.state.rules[i]}.safetensors`));
  }

  private async goTo(state: State): Promise<void> {
    await this.pause();
    this.state = state;
    await this.beginBoth();
    await this.resume();
  }

  /** Trains on to the step that the address names, as soon as there are images to. */
  private async resume(): Promise<void> {
    const { wanted } = this;
    if (!this.canTrain || wanted === undefined) return;
    this.wanted = undefined;
    this.replaying = true;
    await this.train(wanted);
    this.replaying = false;
  }
  private wanted: number | undefined;

  private async beginBoth(): Promise<void> {
    this.forget();
    this.trouble = '';
    this.wanted = this.state.step > 0 && this.run.length === 0 ? this.state.step : undefined;
    this.state = { ...this.state, step: 0 };
    if (this.run.length > 0) await this.loadRun();
    else await this.each((side, i) => side.begin(this.settingsOf(i)));
    if (!this.busy) await this.retrace();
    this.changed();
  }

  private async trainUntil(until: number): Promise<void> {
    while (!this.stopping && this.state.step < until) {
      const target = nextShown(this.state.step, until);
      const well = await Promise.all(this.sides.map((side) => side.advance(target, until)));
      this.state = { ...this.state, step: target };
      if (well.includes(false)) {
        this.trouble = 'The loss is no finite number any more: training has diverged. Try a lower learning rate.';
        break;
      }
      this.changed();
    }
    this.training = false;
    this.changed();
    this.forget();
    for (const side of this.sides) await side.measureLast();
    if (this.needsTrace()) await this.retrace();
    this.changed();
  }

  private forget(): void {
    this.generation++;
    for (const side of this.sides) side.trace = undefined;
  }

  private needsTrace(): boolean {
    return !this.busy && this.state.view !== 'learn' && this.sides.some(({ trace }) => !trace);
  }

  private async retrace(): Promise<void> {
    const { generation } = this;
    const image = await this.looked();
    await this.each(async (side) => {
      const trace = await side.engine.call('trace', image, this.label, this.state.loss);
      if (generation === this.generation) side.trace = trace;
    });
    if (generation === this.generation) this.seen = image;
    this.changed();
  }

  private async looked(): Promise<Float32Array> {
    const { moved, source, picture } = this.state;
    if (!moved) return this.image;
    const index = picture.kind === 'test' ? picture.index : 0;
    const { engine } = this.sides[source];
    return (await engine.call('perturb', this.image, this.label, index, this.attackSettings())).adversarial;
  }

  private async each(work: (side: Side, index: 0 | 1) => Promise<unknown>): Promise<void> {
    await Promise.all([work(this.sides[0], 0), work(this.sides[1], 1)]);
  }

  private fail(error: Error): void {
    this.training = false;
    this.trouble = error.message;
    this.changed();
  }

  /** Browsers refuse an address that changes too often: twice a second at most while training. */
  private writeAddress(): void {
    const now = performance.now();
    if (this.training && now - this.written < 500) return;
    this.written = now;
    const wanted = this.wanted === undefined ? this.state : { ...this.state, step: this.wanted };
    const fragment = `#${printAddress(wanted)}`;
    if (fragment !== location.hash) history.replaceState(null, '', fragment);
  }
}

/** What decides the picture that is traced, and the loss that it is traced by. */
function pictureKey({ picture, loss, moved, attack, epsilon, iterations, path, source }: State): string {
  const which = picture.kind === 'test' ? picture.index : `${picture.label}|${picture.pixels.join()}`;
  return [which, loss, ...(moved ? [attack, epsilon, iterations, path, source] : [])].join('|');
}
