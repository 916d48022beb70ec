/* One network's half of a step: its maps, its facts, and the equation of the number that is pointed at. */
import type { Place, RuleName, Step, Trace, TracedTensor } from '../../core.js';
import { labelOf, toneOf } from '../words.js';
import { h, setText } from './dom.js';
import { EquationPanel } from './equation.js';
import { HeatMap } from './heat-map.js';
import { backwardFacts, forwardFacts, lossFacts } from './look-facts.js';
import type { Scales } from './look-step.js';

/** The tensors that can be pointed at. */
export type Shown = Extract<TracedTensor, 'y' | 'dy' | 'dx' | 'weight'>;

export class Column {
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
    this.weightsBox = h(
      'div',
      { hidden: true },
      h('p', { class: 'soft' }, 'gradient of the weights'),
      h('div', { class: 'maps' }, this.weights.canvas),
    );
    this.panel = new EquationPanel(check);
    this.element = h(
      'article',
      { class: 'card' },
      this.title,
      h('div', { class: 'maps' }, this.main.canvas),
      h('div', { class: 'beneath' }, this.facts, this.weightsBox),
    );
  }

  wait(): void {
    this.facts.replaceChildren();
    this.weightsBox.hidden = true;
  }

  render(trace: Trace, step: Step, scales: Scales, rule: RuleName, place: Place | undefined, repaint: boolean): void {
    const [name, tone] = [labelOf(rule), toneOf(rule)];
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
    this.facts.classList.toggle('whole', this.weightsBox.hidden);
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
