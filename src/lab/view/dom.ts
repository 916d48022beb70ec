/* Elements, made and changed in place: nothing on the page is made anew while it is looked at. */

type Properties = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;
export type Child = Node | string | undefined | false;

/** An element: `on…` properties listen, true and false set and leave out an attribute, others are attributes. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), properties, children);
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS(SVG, tag) as SVGElementTagNameMap[Tag], properties, children);
}

function fill<E extends Element>(element: E, properties: Properties, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else setAttribute(element, name, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
}

export function setAttribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : `${value}`);
}

/** Writes text only where it has changed, so that nothing is laid out or read aloud again for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A labelled choice. */
export function choice(
  label: string,
  options: Readonly<Record<string, string>>,
  onChoose: (name: string) => void,
): { element: HTMLElement; select: HTMLSelectElement } {
  const select = h('select', { onchange: () => onChoose(select.value) });
  for (const [name, text] of Object.entries(options)) select.append(h('option', { value: name }, text));
  return { element: h('label', { class: 'field' }, h('span', {}, label), select), select };
}

/** A labelled number; what can't be read or is out of range is put back. */
export function numberField(
  label: string,
  properties: { min: number; max: number; step: number | 'any' },
  onChoose: (value: number) => void,
): { element: HTMLElement; input: HTMLInputElement } {
  let last = '';
  const input = h('input', {
    type: 'number',
    ...properties,
    onfocus: () => {
      last = input.value;
    },
    onchange: () => {
      const value = input.valueAsNumber;
      if (value >= properties.min && value <= properties.max) onChoose(value);
      else input.value = last;
    },
  });
  return { element: h('label', { class: 'field' }, h('span', {}, label), input), input };
}
