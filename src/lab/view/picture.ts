/* Which picture is looked at: a test image, or one's own. */

import type { Lab } from '../lab.js';
import { neighbour, type Picture } from '../picture-address.js';
import { choice, h, numberField, setText } from './dom.js';
import { HeatMap } from './heat-map.js';

const SIDE = 28;

/** @param instead what is shown in the picture's place, if it is anything */
export function pictureView(
  lab: Lab,
  instead: () => Float32Array | undefined = () => undefined,
): { element: HTMLElement; render: () => void } {
  const map = new HeatMap();
  const caption = h('p', { class: 'soft', role: 'status' });
  const index = numberField('Test image', { min: 0, max: 9999, step: 1 }, (value) =>
    show(lab, { kind: 'test', index: Math.min(value, (lab.test?.count ?? 1) - 1) }),
  );
  const move = (by: number) => show(lab, neighbour(lab.state.picture, by, lab.test?.count ?? 1));
  const label = choice('It is a', Object.fromEntries([...'0123456789'].map((digit) => [digit, digit])), (digit) =>
    show(lab, { ...drawing(lab), label: Number(digit) }),
  );
  const clear = h(
    'button',
    { onclick: () => show(lab, { ...drawing(lab), pixels: new Uint8Array(SIDE * SIDE) }) },
    'Clear',
  );
  const draw = h('button', { onclick: () => show(lab, drawing(lab)) }, 'Draw');
  const own = h('div', { class: 'row' }, label.element, clear);
  listen(map.canvas, lab);
  const buttons = h(
    'div',
    { class: 'row' },
    h('button', { onclick: () => move(-1), 'aria-label': 'image before' }, '‹'),
    index.element,
    h('button', { onclick: () => move(1), 'aria-label': 'next image' }, '›'),
    draw,
  );
  const element = h('div', { class: 'picture' }, map.canvas, buttons, own, caption);
  return {
    element,
    render() {
      const { picture } = lab.state;
      const drawn = picture.kind === 'drawn';
      map.draw({
        values: instead() ?? lab.image,
        shape: [1, SIDE, SIDE],
        scale: 1,
        pixels: true,
        label: drawn ? 'your drawing' : `test image ${picture.index}`,
      });
      map.canvas.classList.toggle('drawable', drawn);
      if (!drawn && document.activeElement !== index.input) index.input.value = `${picture.index}`;
      own.hidden = !drawn;
      if (drawn) label.select.value = `${picture.label}`;
      setText(
        caption,
        drawn ? 'Draw with finger or mouse, or with the arrow keys and Space.' : `Its label is ${lab.label}.`,
      );
    },
  };
}

const show = (lab: Lab, picture: Picture): void => lab.show({ picture });

/** The drawing that is there, or one that begins from the image that is. */
function drawing(lab: Lab): Extract<Picture, { kind: 'drawn' }> {
  const { picture } = lab.state;
  if (picture.kind === 'drawn') return picture;
  return { kind: 'drawn', label: lab.label, pixels: Uint8Array.from(lab.image, (value) => Math.round(15 * value)) };
}

/** A stroke of a soft pen: what is under it becomes ink, its neighbours half of it. */
function ink(lab: Lab, x: number, y: number): void {
  const { picture } = lab.state;
  if (picture.kind !== 'drawn') return;
  const pixels = picture.pixels.slice();
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      const [px, py] = [x + dx, y + dy];
      if (px < 0 || px >= SIDE || py < 0 || py >= SIDE) continue;
      const strength = dx === 0 && dy === 0 ? 15 : dx === 0 || dy === 0 ? 10 : 4;
      pixels[py * SIDE + px] = Math.max(pixels[py * SIDE + px], strength);
    }
  }
  show(lab, { ...picture, pixels });
}

function listen(canvas: HTMLCanvasElement, lab: Lab): void {
  const pen = { x: SIDE / 2, y: SIDE / 2 };
  const at = (event: PointerEvent) => {
    const box = canvas.getBoundingClientRect();
    pen.x = Math.floor(((event.clientX - box.left) / box.width) * SIDE);
    pen.y = Math.floor(((event.clientY - box.top) / box.height) * SIDE);
    ink(lab, pen.x, pen.y);
  };
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.setAttribute('aria-roledescription', 'drawing: arrow keys move the pen, with Space it draws');
  canvas.addEventListener('pointerdown', (event) => {
    if (lab.state.picture.kind !== 'drawn') return;
    canvas.setPointerCapture(event.pointerId);
    at(event);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.buttons > 0) for (const each of event.getCoalescedEvents()) at(each);
  });
  let down = false;
  canvas.addEventListener('keyup', ({ key }) => {
    if (key === ' ') down = false;
  });
  canvas.addEventListener('keydown', (event) => {
    if (lab.state.picture.kind !== 'drawn') return;
    const [dx, dy] =
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], ' ': [0, 0] }[event.key] ?? [];
    if (dx === undefined || dy === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === ' ') down = true;
    pen.x = Math.max(0, Math.min(SIDE - 1, pen.x + dx));
    pen.y = Math.max(0, Math.min(SIDE - 1, pen.y + dy));
    if (down) ink(lab, pen.x, pen.y);
  });
}
