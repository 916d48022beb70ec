import { Command } from 'commander';
import { test } from 'tap';
import { helpFormat } from '../../src/commands/help.js';

const program = (width: number) =>
  new Command('weight-transport')
    .description('Train, attack and understand neural networks that learn without weight transport.')
    .configureHelp(helpFormat(width))
    .option('--epochs <n>', "passes over the training images; one value, or bp=VALUE,fa=VALUE (default: the preset's)")
    .option('--quick', 'the same job made small');

const help = (width: number) => program(width).helpInformation().split('\n');
const widest = (lines: readonly string[]) => Math.max(...lines.map((line) => line.length));

test('help fits the terminal, descriptions beside the options or below them', async (t) => {
  for (const width of [40, 69, 70, 80, 120]) t.ok(widest(help(width)) <= width, `${width} columns`);
  t.match(help(80).join('\n'), /^ {2}--epochs <n> {2}passes over the training images/m);
  t.match(help(40).join('\n'), /^ {2}--epochs <n>\n {6}passes over the training images;\n {6}one value/m);
  t.ok(widest(help(500)) <= 120, 'and is no wider than is good to read');
  const longestWord = 'Usage: weight-transport'.length;
  for (const width of [0, 1, 20]) t.ok(widest(help(width)) <= longestWord, `${width} columns`);
});
