import fc from 'fast-check';
import { test } from 'tap';
import { repeatedName } from '../../src/models/repeated-name.js';

test('a name that one object gives twice is found, wherever the object lies', async (t) => {
  t.equal(repeatedName('{"a":1,"b":2,"a":3}'), 'a');
  t.equal(repeatedName('{"a":{"x":1,"y":{"x":2,"x":3}}}'), 'x');
  t.equal(repeatedName('[{"a":1},{"b":[{"c":1 , "c"\n:\t2}]}]'), 'c');
  t.equal(repeatedName('{"a":1,"\\u0061":2}'), 'a', 'written in two ways');
  t.equal(repeatedName('{"":1,"":2}'), '');
  t.equal(repeatedName('{"__proto__":1,"__proto__":2}'), '__proto__');
});

test('values, other objects and what only looks like a name give no false alarm', async (t) => {
  t.equal(repeatedName('{"a":"a","b":"a","c":["a","a"]}'), undefined);
  t.equal(repeatedName('{"a":{"a":{"a":[{"a":1},{"a":2}]}}}'), undefined);
  t.equal(repeatedName('{"a\\"":1,"a\\\\":2,"a":"\\":{\\"a\\":"}'), undefined);
  t.equal(repeatedName('{"constructor":1,"toString":2}'), undefined);
  t.equal(repeatedName('3'), undefined);
});

test('nothing that JSON.stringify writes has a name twice', async (t) => {
  fc.assert(fc.property(fc.json(), (text) => repeatedName(text) === undefined));
  t.pass();
});
