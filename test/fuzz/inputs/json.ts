/** Changes to JSON that know what it is: what comes out is most often JSON still, of another meaning. */
import fc from 'fast-check';
import { changes } from './bytes.js';

/** JSON that can say what no JavaScript object can: a key twice, a key `__proto__`, numbers of any size. */
type Json = { readonly text: string } | { readonly items: Json[] } | { readonly entries: [key: string, value: Json][] };

function fromValue(value: unknown): Json {
  if (Array.isArray(value)) return { items: value.map(fromValue) };
  if (value === null || typeof value !== 'object') return { text: JSON.stringify(value) };
  return { entries: Object.entries(value).map(([key, each]) => [key, fromValue(each)]) };
}

function toText(json: Json): string {
  if ('text' in json) return json.text;
  if ('items' in json) return `[${json.items.map(toText).join(',')}]`;
  return `{${json.entries.map(([key, value]) => `${JSON.stringify(key)}:${toText(value)}`).join(',')}}`;
}

type Container = Exclude<Json, { readonly text: string }>;

/** A value's place in what holds it. */
interface Place {
  readonly holder: Container;
  readonly index: number;
}

function placesIn(json: Json): Place[] {
  if ('text' in json) return [];
  const children = 'items' in json ? json.items : json.entries.map(([, value]) => value);
  return children.flatMap((child, index) => [{ holder: json, index }, ...placesIn(child)]);
}

const valueAt = ({ holder, index }: Place): Json =>
  'items' in holder ? holder.items[index] : holder.entries[index][1];

function put({ holder, index }: Place, value: Json): void {
  if ('items' in holder) holder.items[index] = value;
  else holder.entries[index] = [holder.entries[index][0], value];
}

/** Lists of a few kinds, of any length and depth. */
const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);
const many = (element: string, length: number): string => `[${new Array(length).fill(element).join(',')}]`;
const manyKeys = (value: string, length: number): string =>
  `{${Array.from({ length }, (_, index) => `"k${index}":${value}`).join(',')}}`;

const plainText = fc.constantFrom(
  ...['null', 'true', 'false', '""', '"x"', '[]', '{}', '[null]', '{"":0}', '"__proto__"', '"constructor"'],
  ...['0', '-0', '-1', '0.5', '1', '2', '1e-320', '1e308', '-1e308', '1e999', '4294967296', '9007199254740993'],
  ...['"\\u0000"', '"\\ud800"', '"\\u001b[31m"', '"../../x"', '{"__proto__":{"schema":1}}', 'NaN', '01', "'x'"],
);
const hugeText = fc.constantFrom(
  ...[100, 20_000, 200_000].flatMap((depth) => [
    nested('[', ']', depth),
    nested('{"a":', '}', depth).replace(':}', ':0}'),
  ]),
  ...['0', '{}', '[]', '"x"'].map((element) => many(element, 150_000)),
  ...['0', '{}'].map((value) => manyKeys(value, 30_000)),
  `"${'long '.repeat(40_000)}"`,
  '9'.repeat(5000),
);
const anyText = fc.oneof({ weight: 20, arbitrary: plainText }, { weight: 1, arbitrary: hugeText });
const anyKey = fc.constantFrom('__proto__', 'constructor', 'toString', '', 'x', 'schema', 'models', 'a'.repeat(3000));

type Change = (places: readonly Place[]) => void;
const nth = (places: readonly Place[], index: number): Place => places[index % places.length];
const anyPlace = fc.nat(9999);

const replace = fc.tuple(anyPlace, anyText).map(
  ([at, text]): Change =>
    (places) =>
      put(nth(places, at), { text }),
);
const remove = anyPlace.map(
  (at): Change =>
    (places) => {
      const { holder, index } = nth(places, at);
      ('items' in holder ? holder.items : holder.entries).splice(index, 1);
    },
);
const again = fc.tuple(anyPlace, anyText, fc.constantFrom(1, 1, 1, 3000)).map(
  ([at, text, most]): Change =>
    (places) => {
      const { holder, index } = nth(places, at);
      // As text: were they one object, a later change in it would be made in all, and grow without bounds.
      const copy = toText(valueAt({ holder, index }));
      const times = Math.min(most, 1 + Math.floor(1e6 / copy.length));
      if ('items' in holder) holder.items.push(...new Array<Json>(times).fill({ text: copy }));
      else holder.entries.push([holder.entries[index][0], { text }]);
    },
);
const rename = fc.tuple(anyPlace, anyKey, fc.boolean()).map(
  ([at, key, add]): Change =>
    (places) => {
      const { holder, index } = nth(places, at);
      if ('items' in holder) return;
      const [, value] = holder.entries[index];
      if (add) holder.entries.push([key, value]);
      else holder.entries[index] = [key, value];
    },
);
const swap = fc.tuple(anyPlace, anyPlace).map(
  ([one, other]): Change =>
    (places) => {
      const [a, b] = [nth(places, one), nth(places, other)];
      const [valueOfA, valueOfB] = [valueAt(a), valueAt(b)];
      // Neither may come to lie in itself.
      if (placesIn(valueOfA).some(({ holder }) => holder === b.holder)) return;
      if (placesIn(valueOfB).some(({ holder }) => holder === a.holder)) return;
      if (valueOfA === b.holder || valueOfB === a.holder) return;
      put(a, valueOfB);
      put(b, valueOfA);
    },
);

/** The JSON of each of these values, with one to three changes. */
export const changedJson = (...values: readonly object[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...values),
      fc.array(fc.oneof({ weight: 4, arbitrary: replace }, remove, again, rename, swap), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([value, list]) => {
      const json = fromValue(value);
      for (const change of list) {
        const places = placesIn(json);
        if (places.length > 0) change(places);
      }
      return toText(json);
    });

const encoder = new TextEncoder();
export const encode = (text: string): Uint8Array => encoder.encode(text);

/** Files of JSON: changed in meaning, in bytes, or in both; with what editors put before and between. */
export const jsonFiles = (...values: readonly object[]): fc.Arbitrary<Uint8Array> => {
  const indented = values.map((value) => encode(JSON.stringify(value, null, 2)));
  return fc.oneof(
    { weight: 6, arbitrary: changedJson(...values).map(encode) },
    { weight: 1, arbitrary: changedJson(...values).map((text) => encode(`\ufeff${text}\r\n`)) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...indented), changes).map(([bytes, change]) => change(bytes)) },
    { weight: 1, arbitrary: anyText.map(encode) },
  );
};

/** Files of which each line is JSON: some lines changed, some lost, some cut. */
export const jsonLines = (value: object): fc.Arbitrary<Uint8Array> => {
  const whole = JSON.stringify(value);
  const line = fc.oneof({ weight: 1, arbitrary: fc.constant(whole) }, { weight: 2, arbitrary: changedJson(value) });
  const lines = fc.tuple(fc.array(line, { maxLength: 5 }), fc.constantFrom('\n', '\r\n', '\n\n', ''));
  return fc.oneof(
    { weight: 3, arbitrary: lines.map(([list, end]) => encode(list.map((each) => each + end).join(''))) },
    { weight: 1, arbitrary: changes.map((change) => change(encode(`${whole}\n`.repeat(3)))) },
    { weight: 1, arbitrary: jsonFiles(value) },
  );
};
