import { test } from 'tap';
import { attacks } from '../../../src/attacks/index.js';
import { coloursOfDirections, coloursOfNetworks, stylesOfAttacks } from '../../../src/report/figures/style.js';
import { rules } from '../../../src/rules/index.js';

const allDiffer = (values: readonly unknown[]) =>
  new Set(values.map((value) => JSON.stringify(value))).size === values.length;

const many = Array.from({ length: 40 }, (_, index) => `name ${index}`);

test('no two rules have one colour, no two attacks one line with one point, however many there are', (t) => {
  for (const more of [[], many]) {
    t.ok(allDiffer(coloursOfNetworks([...Object.keys(rules), ...more])));
    t.ok(allDiffer(coloursOfDirections(more)));
    t.ok(allDiffer(stylesOfAttacks([...Object.keys(attacks), ...more]).map(({ dash, shape }) => [dash, shape])));
  }
  t.end();
});

test('a rule and an attack look the same alone as in any company', (t) => {
  for (const [names, look] of [
    [Object.keys(rules), coloursOfNetworks],
    [Object.keys(attacks), stylesOfAttacks],
  ] as const) {
    const together = look(names);
    names.forEach((name, index) => {
      t.same(look([name]), [together[index]], name);
    });
    t.same(look([...names].reverse()), [...together].reverse());
  }
  t.end();
});

test('names that no table holds get what is left over, and names of JavaScript itself are names like others', (t) => {
  const colours = coloursOfNetworks(['bp', 'mine', 'constructor', 'fa']);
  t.ok(allDiffer(colours));
  t.ok(colours.every((colour) => /^#[\dA-F]{6}$/.test(colour)));
  t.ok(allDiffer(coloursOfDirections(['BP → FA', 'FA → BP', 'A → BP', 'BP → A', 'toString'])));
  t.end();
});
