import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'tap';
import { execute, manifest } from './packed.js';

const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'data/README.md', 'out/README.md'].concat(
  readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? join('docs', name) : [])),
);
const textOf = (page: string) => readFileSync(page, 'utf8');

test('the README is short', (t) => {
  t.ok(Buffer.byteLength(textOf('README.md')) <= 10_000, `${Buffer.byteLength(textOf('README.md'))} bytes`);
  t.end();
});

test('every link and picture leads to a file that is there, or out', (t) => {
  for (const page of pages) {
    for (const [, target] of textOf(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(target)) t.ok(existsSync(join(dirname(page), target)), `${page}: ${target}`);
    }
  }
  t.end();
});

test('every command that a page shows is there, with the options it shows', async (t) => {
  const helps = [
    'mnist',
    'cifar10',
    'fashion-mnist',
    'audit',
    'data',
    'gradcheck',
    'inspect',
    'lab',
    'sweep',
    'compare',
    'work',
  ].map(async (command) => {
    const { stdout } = await execute(process.execPath, ['dist/src/cli.js', command, '--help']);
    return [command, stdout] as const;
  });
  const help = new Map(await Promise.all(helps));
  for (const page of pages) {
    const text = textOf(page);
    for (const [, script] of text.matchAll(/\bnpm run ([a-z]+(?:[:-][a-z]+)*)/g)) {
      t.ok(Object.hasOwn(manifest.scripts, script), `${page}: npm run ${script}`);
    }
    for (const [line, command] of text.matchAll(/npm start -- ([a-z0-9-]+)[^`\n]*/g)) {
      t.ok(help.has(command) || command === '--help', `${page}: ${line}`);
      for (const [option] of line.matchAll(/(?<= )--[a-z-]+/g)) {
        t.match(`${help.get(command)} --help `, new RegExp(`${option}[ \\n]`), `${page}: ${line}`);
      }
    }
    for (const [, option] of text.matchAll(/`(?:… )?(--(?:no-)?[a-z-]+)[ `]/g)) {
      t.ok(option === '--help' || [...help.values()].some((each) => each.includes(`${option} `)), `${page}: ${option}`);
    }
  }
});
