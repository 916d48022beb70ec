import { attacks } from '../../core.js';
import type { Lab } from '../lab.js';
import { labelOf } from '../words.js';
import { h, setText } from './dom.js';

/** Whether the walk is that of the clean picture, or of what the attack has made of it. */
export function movedChoice(lab: Lab): { element: HTMLElement; render: () => void } {
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
