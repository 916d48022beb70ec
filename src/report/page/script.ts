/** What the report does more where scripts run: one ε of the gallery at a time, by a slider, and tables that sort. */
export const SCRIPT = `
const shown = [...document.querySelectorAll('details.epsilon')];
if (shown.length > 1) {
  const label = document.createElement('label');
  const slider = document.createElement('input');
  const told = document.createElement('output');
  label.className = 'slider';
  Object.assign(slider, { type: 'range', min: 0, max: shown.length - 1, step: 1, value: shown.findIndex((each) => each.open) });
  label.append('ε of the gallery', slider, told);
  shown[0].before(label);
  const show = () => {
    shown.forEach((each, i) => { each.hidden = i !== Number(slider.value); each.open = !each.hidden });
    told.textContent = shown[slider.value].querySelector('summary').textContent;
    slider.setAttribute('aria-valuetext', told.textContent);
  };
  slider.addEventListener('input', show);
  show();
}
const words = new Intl.Collator('en', { numeric: true });
for (const head of document.querySelectorAll('table.sortable thead th')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener('click', () => {
    const order = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
    for (const each of head.parentNode.children) each.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', order);
    const body = head.closest('table').tBodies[0];
    const textOf = (row) => row.cells[head.cellIndex].textContent;
    const numeric = head.className === 'number';
    const keyed = [...body.rows].map((row) => ({ row, text: textOf(row), value: parseFloat(textOf(row)) }));
    keyed.sort((a, b) => {
      if (numeric && (isNaN(a.value) || isNaN(b.value))) return isNaN(a.value) - isNaN(b.value);
      return (order === 'ascending' ? 1 : -1) * (numeric ? a.value - b.value : words.compare(a.text, b.text));
    });
    body.append(...keyed.map(({ row }) => row));
  });
}
`;
