/** What a person may type where numbers and lists of them are asked for. */
import fc from 'fast-check';
import { encode } from './json.js';

/** Any text of letters up to this code. (fast-check's own strings begin with a table of all of Unicode.) */
export const letters = (lastCode: number, maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.nat(lastCode), { maxLength }).map((codes) => String.fromCharCode(...codes));

const number = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '0.1',
    '1e-3',
    '8/255',
    '1/0',
    '0/0',
    '-1',
    '1e999',
    '-0',
    '.5',
    '5.',
    '0x10',
    '1_000',
    '∞',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '',
    ' ',
    '\t',
    '1e-320',
    '9'.repeat(400),
    '0.1.2',
    '1/2/3',
    '--1',
    'true',
    '٣',
    '0b1',
  ),
  fc.double().map(String),
);

/** Lists like `0,0.05`, `8/255` and `0:1:0.1`, right and wrong. */
export const epsilonLists: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(
      fc.oneof(
        number,
        fc.array(number, { minLength: 2, maxLength: 4 }).map((parts) => parts.join(':')),
        fc.constantFrom(
          '0:1:0.1',
          '0:1:0.001',
          '0:1:1e-9',
          '0:1:1e-320',
          '1:0:0.1',
          '0:1:-1',
          '0:0:0',
          '0:1e308:1e300',
        ),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    fc.constantFrom(',', ',', ',', ', ', ';', ',,', '\n'),
    fc.constantFrom(1, 1, 1, 1, 100, 5000),
  )
  .map(([parts, comma, times]) => encode(new Array<string>(times).fill(parts.join(comma)).join(comma)));

/** Lists like `1,2` and `1..5`, right and wrong. */
export const seedLists: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.array(
      fc.oneof(
        number,
        fc.array(number, { minLength: 2, maxLength: 3 }).map((ends) => ends.join('..')),
        fc.constantFrom(
          '1..5',
          '5..1',
          '0..4294967296',
          '9007199254740990..9007199254740991',
          '1...3',
          '..',
          '1..9999',
        ),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    fc.constantFrom(',', ',', ' , ', ';', ',,'),
    fc.constantFrom(1, 1, 1, 1, 5000),
  )
  .map(([parts, comma, times]) => encode(new Array<string>(times).fill(parts.join(comma)).join(comma)));

/** Options like `0.01` and `bp=0.001,fa=0.01`, right and wrong. */
export const ruleOptions = (rules: readonly string[], values: readonly string[]): fc.Arbitrary<Uint8Array> => {
  const name = fc.oneof(fc.constantFrom(...rules), fc.constantFrom('', 'BP', '__proto__', 'constructor', ' bp', 'x'));
  const value = fc.oneof(number, fc.constantFrom(...values));
  const part = fc.oneof(
    value,
    fc.tuple(name, fc.constantFrom('=', '=', '=', ' = ', '==', ':'), value).map((pieces) => pieces.join('')),
    letters(0x3ff, 20),
  );
  return fc
    .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 1, 1, 1, 1, 5000))
    .map(([parts, times]) => encode(new Array<string>(times).fill(parts.join(',')).join(',')));
};
