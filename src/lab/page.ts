/* The page: four steps on one canvas. */
import { type View, views } from './address.js';
import { Lab } from './lab.js';
import { attackView } from './view/attack.js';
import { forgetColours } from './view/colours.js';
import { h, setAttribute } from './view/dom.js';
import { learnView } from './view/learn.js';
import { lookView } from './view/look.js';
import { whyView } from './view/why.js';

const root = document.documentElement;
const lab = new Lab((root.dataset.run ?? '').split(',').filter((rule) => rule !== ''));
const look = lookView(lab);
const pages: Readonly<Record<View, { element: HTMLElement; render: (repaint?: boolean) => void }>> = {
  learn: learnView(lab),
  look,
  attack: attackView(lab),
  why: whyView(lab),
};
const titles: Readonly<Record<View, string>> = { learn: 'Learn', look: 'Look', attack: 'Attack', why: 'Why' };

const buttons = views.map((view, i) =>
  h('button', { onclick: () => open(view) }, h('span', {}, `${i + 1}`), ` ${titles[view]}`),
);
document.querySelector('nav')?.append(...buttons);
const main = document.querySelector('main') as HTMLElement;
main.replaceChildren(...Object.values(pages).map(({ element }) => element));

/** Looking needs networks that hold still. */
function open(view: View): void {
  if (view !== 'learn' && lab.training && !lab.replaying) void lab.pause().then(() => lab.show({ view }));
  else lab.show({ view });
}

let repaint = false;
lab.onChange(() => {
  const { view } = lab.state;
  for (const [i, name] of views.entries()) {
    pages[name].element.hidden = name !== view;
    setAttribute(buttons[i], 'aria-current', name === view ? 'step' : undefined);
  }
  pages[view].render(repaint);
  repaint = false;
});

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  forgetColours();
  repaint = true;
  lab.changed();
});

document.addEventListener('keydown', (event) => {
  const inField =
    event.target instanceof Element &&
    event.target.matches('input, select, textarea, button, summary, [role=application]');
  if (lab.state.view === 'look' && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) look.key(event);
});

try {
  await lab.open();
  root.dataset.backend = lab.backend;
  root.dataset.ready = 'true';
  lab.changed();
  await lab.loadRest();
} catch (error) {
  lab.trouble = error instanceof Error ? error.message : String(error);
  lab.changed();
}
