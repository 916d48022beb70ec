/* Look: one picture's way up through both networks, and the error's way down, step by step. */
import { type Place, parsePlace, placeAt, placeName, type Step, type Trace, walk } from '../../core.js';
import type { Lab } from '../lab.js';
import { h, setText } from './dom.js';
import { Column, type Shown } from './look-column.js';
import { outstanding, scalesOf, titleOf } from './look-step.js';
import { movedChoice } from './moved-choice.js';
import { pictureView } from './picture.js';
import { StepList } from './step-list.js';

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
  const title = h('h3', { 'aria-live': 'polite' }, '…');
  const list = new StepList((index) => go(index));
  const scaleText = h('p', { class: 'soft scale' }, '…');
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
        setText(title, lab.training ? 'Training goes on: pause it to look.' : 'Computing …');
        for (const column of columns) column.wait();
        return;
      }
      setText(title, titleOf(step, traces[0]));
      place ??= outstanding(traces[0], step);
      const scales = scalesOf(step, traces as Trace[]);
      setText(scaleText, scales.text);
      for (const [i, column] of columns.entries()) {
        column.render(traces[i] as Trace, step, scales, lab.state.rules[i], place, repaint);
      }
    },
  };
}
