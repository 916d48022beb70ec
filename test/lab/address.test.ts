import fc from 'fast-check';
import { test } from 'tap';
import { attacks, gradientPaths, losses, optimizers, rules } from '../../src/core.js';
import { initialState, parseAddress, printAddress, type State, views } from '../../src/lab/address.js';
import { plans, STEPS } from '../../src/lab/plans.js';

const key = <Table extends object>(table: Table) => fc.constantFrom(...(Object.keys(table) as (keyof Table)[]));
const rate = fc.option(fc.double({ min: 1e-6, max: 10, noNaN: true }), { nil: undefined });
const states: fc.Arbitrary<State> = fc.record({
  view: fc.constantFrom(...views),
  rules: fc.tuple(key(rules), key(rules)),
  plan: key(plans),
  seed: fc.integer({ min: 0, max: 0xffffffff }),
  optimizer: fc.option(key(optimizers), { nil: undefined }),
  rates: fc.tuple(rate, rate),
  step: fc.integer({ min: 0, max: STEPS }),
  picture: fc.oneof(
    fc.record({ kind: fc.constant('test' as const), index: fc.integer({ min: 0, max: 9999 }) }),
    fc.record({
      kind: fc.constant('drawn' as const),
      label: fc.integer({ min: 0, max: 9 }),
      pixels: fc.uint8Array({ minLength: 784, maxLength: 784, max: 15 }),
    }),
  ),
  walk: fc.integer({ min: 0, max: 999 }),
  moved: fc.boolean(),
  attack: key(attacks),
  epsilon: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
  iterations: fc.integer({ min: 1, max: 100 }),
  path: fc.constantFrom(...gradientPaths),
  loss: key(losses),
  source: fc.constantFrom(0 as const, 1 as const),
});

test('an address gives back the state that it was made of', async (t) => {
  fc.assert(
    fc.property(states, (state) => {
      const read = parseAddress(printAddress(state));
      t.same(read, state);
      return JSON.stringify(read) === JSON.stringify(state);
    }),
    { numRuns: 200 },
  );
});

test('what is usual is not said', async (t) => {
  t.equal(printAddress(initialState), 'learn');
  t.same(parseAddress(''), initialState);
});

test('whatever an address says, the state is one that the page can show', async (t) => {
  const words = fc.constantFrom('rules', 'plan', 'seed', 'step', 'image', 'walk', 'epsilon', 'rates', 'path', 'loss', 'source', 'attack', 'constructor', '__proto__'); // biome-ignore format: one line
  const values = fc.oneof(
    fc.string(),
    fc.constantFrom('-1', '1e9', 'NaN', 'Infinity', 'toString', 'd3.', 'd3.AAAA', '0x10', 'bp', 'bp,fa,bp', ',', '1,'),
  );
  const fragments = fc
    .array(fc.tuple(words, values))
    .map((parts) => ['look', ...parts.map((part) => part.join('='))].join('&'));
  fc.assert(
    fc.property(fragments, (fragment) => {
      const state = parseAddress(fragment);
      // A state that can be shown is one that comes back from its own address.
      return (
        JSON.stringify(parseAddress(printAddress(state))) === JSON.stringify(state) &&
        state.rules.every((rule) => Object.hasOwn(rules, rule))
      );
    }),
    { numRuns: 500 },
  );
  t.equal(parseAddress('look&seed=1e400&step=-3&image=10000&epsilon=2&source=7').seed, 1);
  t.same(parseAddress('look&seed=1e400&step=-3&image=10000&epsilon=2&source=7'), { ...initialState, view: 'look' });
});
