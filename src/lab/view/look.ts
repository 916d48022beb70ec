/* Look: one picture's way up through both networks, and the error's way down, step by step. */
import {
  attacks,
  type LayerTrace,
  type Place,
  parsePlace,
  placeAt,
  placeName,
  type Step,
  type Trace,
  type TracedTensor,
  valuesOf,
  walk,
} from '../../core.js';
import type { Lab } from '../lab.js';
import { degrees, labelOf, percent, short, toneOf } from '../words.js';
import { h, setText } from './dom.js';
import { EquationPanel } from './equation.js';
import { commonScale, HeatMap } from './heat-map.js';
import { pictureView } from './picture.js';
import { StepList } from './step-list.js';

/** The tensors that can be pointed at. */
type Shown = Extract<TracedTensor, 'y' | 'dy' | 'dx' | 'weight'>;

/** Milliseconds between two steps while the walk plays. */
const PACE = 900;

export function lookView(lab: Lab): {
  element: HTMLElement;
  render: (repaint?: boolean) => void;
  key: (event: KeyboardEvent) => void;
} {
  const picture = pictureView(lab, () => (lab.state.moved ? lab.seen : undefined));
  const moved = movedChoice(lab);
  let place: Place | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let known: Step[] = [];
  /** Those of the last trace, while a new one is on its way. */
  const steps = (): Step[] => {
    const { trace } = lab.sides[0];
    if (trace && trace.layers.length * 2 + 1 !== known.length) known = walk(trace);
    return known;
  };
  const go = (to: number) => {
    const last = steps().length - 1;
    if (last < 0) return;
    const next = Math.max(0, Math.min(last, to));
    if (next === last && timer) play();
    place = undefined;
    fixed = false;
    lab.show({ walk: next });
  };
  const play = () => {
    if (timer) clearInterval(timer);
    timer = timer ? undefined : setInterval(() => go(lab.state.walk + 1), PACE);
    setText(playing, timer ? 'Stop' : 'Play');
  };
  const point = (layer: number, tensor: Shown, offset: number, stay: boolean) => {
    const { trace } = lab.sides[0];
    if (!trace || (fixed && !stay)) return;
    fixed = stay;
    setPlace(placeAt(trace, layer, tensor, offset));
  };
  let fixed = false;
  const setPlace = (next: Place) => {
    place = next;
    const { trace } = lab.sides[0];
    if (trace && document.activeElement !== named) named.value = placeName(trace, next);
    lab.changed();
  };
  const check = async (side: 0 | 1) => {
    const { trace, engine } = lab.sides[side];
    if (!place || !trace || !lab.seen) return;
    const asked = place;
    const quotient = await engine.call('check', asked, lab.seen, lab.label, lab.state.loss);
    if (place === asked) columns[side].panel.showCheck(trace, asked, quotient);
  };
  const columns = ([0, 1] as const).map((side) => new Column(point, () => void check(side)));
  const playing = h('button', { onclick: play }, 'Play');
  const named = h('input', {
    type: 'text',
    placeholder: 'conv1.weight[3,0,2,2]',
    spellcheck: 'false',
    onchange: () => {
      const { trace } = lab.sides[0];
      if (!trace) return;
      try {
        fixed = true;
        setPlace(parsePlace(named.value, trace));
        setText(trouble, '');
      } catch (error) {
        setText(trouble, error instanceof Error ? error.message : '');
      }
    },
  });
  const trouble = h('p', { class: 'trouble', role: 'alert' });
  const title = h('h3', { 'aria-live': 'polite' });
  const list = new StepList((index) => go(index));
  const scaleText = h('p', { class: 'soft' });
  const element = h(
    'section',
    { 'aria-labelledby': 'look-title' },
    h('h2', { id: 'look-title' }, 'Look'),
    h(
      'p',
      { class: 'lead' },
      'Up goes the picture, down comes the error. Step with ← and →, play with Space; every number tells how it was made.',
    ),
    h(
      'div',
      { class: 'look' },
      h('div', { class: 'side' }, picture.element, moved.element, list.element),
      h(
        'div',
        { class: 'stage' },
        h(
          'div',
          { class: 'row' },
          h('button', { onclick: () => go(lab.state.walk - 1), 'aria-label': 'step back' }, '←'),
          playing,
          h('button', { onclick: () => go(lab.state.walk + 1), 'aria-label': 'step on' }, '→'),
          h('label', { class: 'field grow' }, h('span', {}, 'A number'), named),
        ),
        trouble,
        title,
        scaleText,
        h('div', { class: 'pair' }, ...columns.map((column) => column.element)),
        h('div', { class: 'pair stacked' }, ...columns.map((column) => column.panel.element)),
      ),
    ),
  );
  return {
    element,
    key(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === ' ') play();
      else if (by === undefined) return;
      else go(lab.state.walk + by);
      event.preventDefault();
    },
    render(repaint = false) {
      picture.render();
      moved.render();
      const traces = lab.sides.map(({ trace }) => trace);
      const all = steps();
      const at = Math.min(lab.state.walk, Math.max(0, all.length - 1));
      const step = all[at];
      list.render(traces[0], all, at);
      if (!step || !traces[0] || !traces[1]) {
        setText(title, lab.busy ? 'Training goes on: pause it to look.' : 'Computing …');
        for (const column of columns) column.wait();
        return;
      }
      setText(title, titleOf(step, traces[0]));
      place ??= outstanding(traces[0], step);
      const scales = scalesOf(step, traces as Trace[]);
      setText(scaleText, scales.text);
      for (const [i, column] of columns.entries()) {
        column.render(
          traces[i] as Trace,
          step,
          scales,
          `${labelOf(lab.state.rules[i])}`,
          toneOf(lab.state.rules[i]),
          place,
          repaint,
        );
      }
    },
  };
}

/** Whether the walk is that of the clean picture, or of what the attack has made of it. */
function movedChoice(lab: Lab): { element: HTMLElement; render: () => void } {
  const box = h('input', { type: 'checkbox', onchange: () => lab.show({ moved: box.checked }) });
  const text = h('span', {});
  return {
    element: h('label', { class: 'check' }, box, text),
    render() {
      const { moved, attack, epsilon, source, rules } = lab.state;
      box.checked = moved;
      setText(text, `moved by ${attacks[attack].label} at ε = ${epsilon}, against ${labelOf(rules[source])}`);
    },
  };
}

/** The number that is written out before one is pointed at: the largest of what the step shows. */
function outstanding(trace: Trace, step: Step): Place {
  const layer = step.phase === 'loss' ? trace.layers.length - 1 : step.layer;
  const tensor = { forward: 'y', loss: 'dy', backward: 'dx' }[step.phase] as TracedTensor;
  const values = valuesOf(trace.layers[layer], tensor, 'own');
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]) > Math.abs(values[most])) most = i;
  return placeAt(trace, layer, tensor, most);
}

interface Scales {
  readonly main: number;
  readonly weights: number;
  readonly text: string;
}

/** One scale for both columns. */
function scalesOf(step: Step, traces: readonly Trace[]): Scales {
  if (step.phase === 'loss') {
    const main = commonScale(...traces.map(({ dlogits }) => dlogits));
    return { main, weights: 0, text: `Deepest colour: ${short(main)}, on both sides.` };
  }
  const layers = traces.map(({ layers: list }) => list[step.layer]);
  const forward = step.phase === 'forward';
  const main = commonScale(...layers.map(({ y, own }) => (forward ? y : own.dx)));
  const weights = commonScale(...layers.map(({ own }) => own.dw ?? []));
  const gradients = !forward && weights > 0 ? `; of the weights’ gradients: ${short(weights)}` : '';
  return { main, weights, text: `Deepest colour: ${short(main)}, on both sides${gradients}.` };
}

function titleOf(step: Step, { layers }: Trace): string {
  if (step.phase === 'loss') return 'The loss: how wrong the answer is, and the error it sends down';
  const { name, inputShape, outputShape } = layers[step.layer];
  if (step.phase === 'forward') return `Up through ${name}: ${inputShape.join('×')} → ${outputShape.join('×')}`;
  return `Down through ${name}: the error below it, ${inputShape.join('×')}`;
}

class Column {
  readonly element: HTMLElement;
  readonly panel: EquationPanel;
  private readonly title = h('h3', {}, '…');
  private readonly main: HeatMap;
  private readonly weights: HeatMap;
  private readonly weightsBox: HTMLElement;
  private readonly facts = h('dl', { class: 'facts' });
  private layer = 0;
  private tensor: Shown = 'y';

  constructor(onPoint: (layer: number, tensor: Shown, offset: number, stay: boolean) => void, check: () => void) {
    this.main = new HeatMap((offset, stay) => onPoint(this.layer, this.tensor, offset, stay));
    this.weights = new HeatMap((offset, stay) => onPoint(this.layer, 'weight', offset, stay));
    this.weightsBox = h('div', {}, h('p', { class: 'soft' }, 'gradient of the weights'), this.weights.canvas);
    this.panel = new EquationPanel(check);
    this.element = h('article', { class: 'card' }, this.title, this.main.canvas, this.weightsBox, this.facts);
  }

  wait(): void {
    this.facts.replaceChildren();
    this.weightsBox.hidden = true;
  }

  render(
    trace: Trace,
    step: Step,
    scales: Scales,
    name: string,
    tone: string,
    place: Place | undefined,
    repaint: boolean,
  ): void {
    this.element.className = `card ${tone}`;
    this.panel.element.className = `equation card ${tone}`;
    setText(this.title, name);
    this.layer = step.phase === 'loss' ? trace.layers.length - 1 : step.layer;
    const layer = trace.layers[this.layer];
    const forward = step.phase !== 'backward';
    this.tensor = step.phase === 'loss' ? 'dy' : forward ? 'y' : 'dx';
    const values = step.phase === 'loss' ? trace.dlogits : forward ? layer.y : layer.own.dx;
    const shape = forward ? layer.outputShape : layer.inputShape;
    const what =
      step.phase === 'loss' ? 'error at the logits' : forward ? `output of ${layer.name}` : `error below ${layer.name}`;
    this.main.draw({ values, shape, scale: scales.main, label: `${name}: ${what}` }, repaint);
    this.main.mark(place?.layer === this.layer && place.tensor === this.tensor ? place.offset : undefined);
    const { dw } = layer.own;
    this.weightsBox.hidden = step.phase !== 'backward' || !dw;
    if (step.phase === 'backward' && dw && layer.weights) {
      const { shape: weightShape } = layer.weights;
      this.weights.draw(
        {
          values: dw,
          shape: weightShape,
          scale: scales.weights,
          label: `${name}: gradient of ${layer.name}’s weights`,
        },
        repaint,
      );
      this.weights.mark(place?.layer === this.layer && place.tensor === 'weight' ? place.offset : undefined);
    }
    const lines = step.phase === 'loss' ? lossFacts(trace) : forward ? forwardFacts(layer) : backwardFacts(layer);
    this.facts.replaceChildren(...lines.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, text)]));
    if (place) this.panel.show(name, trace, place);
  }
}

const forwardFacts = ({ output }: LayerTrace): [string, string][] => [
  ['range', `${short(output.least)} … ${short(output.greatest)}`],
  ['zeros', percent(output.zeros)],
];

function lossFacts({ loss, probabilities, logits, prediction, label }: Trace): [string, string][] {
  const answers = [...probabilities].map((share, digit): [string, string] => [
    `${digit}${digit === label ? ' (true)' : ''}${digit === prediction ? ' ←' : ''}`,
    `logit ${short(logits[digit])}, softmax ${short(share)}`,
  ]);
  return [['loss', short(loss)], ...answers];
}

function backwardFacts({ own, errorAngle, gradientAngle }: LayerTrace): [string, string][] {
  const error: [string, string][] = [
    ['size of δ', short(own.error.size)],
    ['zeros of δ', percent(own.error.zeros)],
    ['δ to the true δ', degrees(errorAngle)],
  ];
  if (!own.gradient) return error;
  return [...error, ['size of dW', short(own.gradient.size)], ['dW to the true dW', degrees(gradientAngle)]];
}
