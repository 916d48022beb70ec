import { losses } from '../../core.js';
import type { Lab } from '../lab.js';
import { labelOf } from '../words.js';
import { makeExample, networksKey } from './attack-example.js';
import { h, setText } from './dom.js';

/** The first lesson: feedback or true weights, cross-entropy or margin, on this picture; each cell is one click. */
export function lessonTable(lab: Lab): { element: HTMLElement; render: () => void } {
  const columns = ['cross-entropy', 'margin'] as const;
  const rows = [
    ['feedback', 'the rule’s own path'],
    ['true', 'the true weights'],
  ] as const;
  const cells = rows.flatMap(([path]) =>
    columns.map((loss) => ({ path, loss, button: h('button', { onclick: () => lab.show({ path, loss }) }, '…') })),
  );
  const name = h('th', { scope: 'col' });
  const element = h(
    'table',
    { class: 'lesson' },
    h('thead', {}, h('tr', {}, name, ...columns.map((loss) => h('th', { scope: 'col' }, losses[loss].title)))),
    h(
      'tbody',
      {},
      ...rows.map(([path, text]) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, text),
          ...cells.filter((cell) => cell.path === path).map(({ button }) => h('td', {}, button)),
        ),
      ),
    ),
  );
  let asked = '';
  let busy = false;
  const wanted = () => {
    const { attack, epsilon, iterations, source } = lab.state;
    return [attack, epsilon, iterations, source, lab.label, lab.image.join(), networksKey(lab.sides)].join();
  };
  const compute = async () => {
    const key = wanted();
    if (key === asked || busy || lab.busy || !lab.sides[0].trace) return;
    busy = true;
    asked = key;
    const { source } = lab.state;
    const { path: _path, loss: _loss, ...rest } = lab.attackSettings();
    for (const { path, loss, button } of cells) {
      const { zeroGradient, moved } = await makeExample(lab, { ...rest, path, loss });
      if (wanted() !== key) break;
      const { prediction } = moved[source];
      const fooled = prediction !== lab.label;
      setText(button, zeroGradient ? 'gradient is zero' : fooled ? `fooled: ${prediction}` : `still ${prediction}`);
      button.className = fooled ? 'fooled' : '';
    }
    busy = false;
    lab.changed();
  };
  return {
    element,
    render() {
      const { rules, source, path, loss } = lab.state;
      setText(name, `${labelOf(rules[source])}’s gradient, carried by`);
      for (const cell of cells) cell.button.setAttribute('aria-pressed', `${cell.path === path && cell.loss === loss}`);
      void compute();
      element.setAttribute('aria-busy', `${asked !== wanted() || busy}`);
    },
  };
}
