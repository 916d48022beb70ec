/* The whole walk at a glance: what has been computed, and what has not yet. */
import type { Step, Trace } from '../../core.js';
import { h, setAttribute, setText } from './dom.js';

export class StepList {
  readonly element = h('ol', { class: 'steps' });
  private buttons: HTMLButtonElement[] = [];
  private shown = -1;

  constructor(private readonly onGo: (index: number) => void) {}

  render(trace: Trace | undefined, steps: readonly Step[], at: number): void {
    if (!trace) return;
    if (this.buttons.length !== steps.length) {
      this.buttons = steps.map((_, i) => h('button', { onclick: () => this.onGo(i) }, h('span'), h('small')));
      this.element.replaceChildren(...this.buttons.map((button) => h('li', {}, button)));
    }
    for (const [i, step] of steps.entries()) {
      const button = this.buttons[i];
      const name =
        step.phase === 'loss' ? 'loss' : `${step.phase === 'forward' ? '↑' : '↓'} ${trace.layers[step.layer].name}`;
      setText(button.children[0], name);
      setText(button.children[1], i <= at ? '' : 'not computed yet');
      setAttribute(button, 'aria-current', i === at ? 'step' : undefined);
      button.classList.toggle('later', i > at);
    }
    // A deep network's list scrolls; on a narrow page it is a strip that does.
    if (at !== this.shown) {
      const { offsetLeft, offsetTop } = this.buttons[at];
      const { offsetTop: top, clientWidth, clientHeight } = this.element;
      this.element.scrollTo(offsetLeft - clientWidth / 2, offsetTop - top - clientHeight / 2);
    }
    this.shown = at;
  }
}
