import { test } from 'tap';
import { redisAddress } from '../../../src/sweep/redis/address.js';

const read = (text: string, environment: NodeJS.ProcessEnv = {}, ca?: string) => redisAddress(text, ca, environment);

test('an address is read, and told without its password', async (t) => {
  t.match(await read('redis://host'), { host: 'host', port: 6379, db: 0, tls: undefined, text: 'redis://host:6379/0' });
  t.match(await read('redis://user@host:1/2'), { port: 1, db: 2, username: 'user' });
  t.match(await read('redis://[::1]:7/'), { host: '::1', port: 7 });
  const secret = await read('rediss://host', { WEIGHT_TRANSPORT_REDIS: 'p@ss word' });
  t.match(secret, { password: 'p@ss word', tls: {} });
  t.equal(secret.text, 'rediss://host:6379/0');
});

test('a password is refused on the command line, and repeated nowhere', async (t) => {
  for (const text of ['redis://:hunter2@host', 'redis://user:hunter2@host', 'redis:/:hunter2@host', ':hunter2@host']) {
    const error = (await read(text).catch((each) => each)) as Error;
    t.equal(error.name, 'UserError', text);
    t.notMatch(error.message, 'hunter2');
  }
  await t.rejects(read('redis://:x@host'), { message: /WEIGHT_TRANSPORT_REDIS/ });
  const address = await read('redis://host', { WEIGHT_TRANSPORT_REDIS: 'redis://:hunter2@host' }).catch((each) => each);
  t.match(address.message, /the password alone is expected/);
  t.notMatch(address.message, 'hunter2');
});

test('what is no address is told', async (t) => {
  for (const text of [
    '',
    'host',
    'http://host',
    'redis://',
    'redis://host/x',
    'redis://host?a=b',
    'redis://host:99999',
  ]) {
    await t.rejects(read(text), { name: 'UserError', message: /--redis ".*": redis:\/\/host/ }, text);
  }
  await t.rejects(read('redis://host', {}, 'ca.pem'), { name: 'UserError', message: /rediss:/ });
  await t.rejects(read('rediss://host', {}, 'nowhere.pem'), { name: 'UserError', message: /nowhere\.pem/ });
});
