/** The options that more than one command has. */
import type { Command } from 'commander';
import { attacks, paperAttacks } from '../attacks/index.js';
import { byRule } from '../commands/by-rule.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { initializers } from '../models/initialize.js';
import { activations } from '../models/lenet.js';
import { paperRules, rules } from '../rules/index.js';
import { defaultBackend } from '../tensor/backends.js';
import { backends } from '../tensor/kernels.js';
import { optimizers } from '../training/optimizers.js';
import { decays } from '../training/schedule.js';

export const choices = (table: object): string => Object.keys(table).join(', ');

/** A paragraph below a command's options, as wide as its help. */
export const paragraph =
  (text: string) =>
  ({ command }: { readonly command: Command }): string => {
    const help = command.createHelp();
    return `\n${help.boxWrap(text, help.helpWidth ?? 80)}`;
  };

/** What the options that take numbers and lists accept: nothing else is read. */
export const forms = paragraph(
  'Numbers are written as 10, 0.05, .05 or 5e-2, whole ones (<n>) in digits alone. ' +
    'Lists have commas between their parts, with or without spaces.',
);

/**
 * How networks are attacked.
 *
 * @param run what the help calls the settings of a run that is there already; without it the defaults are a new one's
 */
export function attackOptions(command: Command, run?: string): Command {
  const byDefault = (text: string) => `(default: ${run ?? text})`;
  return command
    .option('--attacks <list>', `attacks: ${choices(attacks)} ${byDefault(`${paperAttacks.join(', ')}, the paper's`)}`)
    .option('--epsilons <list>', `L∞ radii in [0, 1], as 0:1:0.1 or 0,0.05,0.1 or 0,8/255 ${byDefault('0:1:0.1')}`)
    .option(
      '--path <list>',
      `what carries an attack's gradient down: feedback (the rule's own, as in the paper), true (the transposed weights), or feedback,true ${byDefault('feedback')}`,
    )
    .option('--loss <name>', `what the attacks make grow: ${choices(losses)} ${byDefault('cross-entropy')}`)
    .option('--iterations <n>', `steps of the iterative attacks ${byDefault('10')}`)
    .option(
      '--step-size <x>',
      `step size of the iterative attacks, in pixel units ${byDefault('epsilon / iterations')}`,
    )
    .option('--momentum <x>', `MI-FGSM's decay factor μ ${byDefault('0.8')}`)
    .option('--no-project', 'let steps leave the epsilon-ball')
    .option('--no-clip', 'let steps leave the pixel range [0, 1]');
}

/**
 * Everything that decides a run's configuration, but its seed.
 *
 * @param preset what the help says of --preset
 */
export function configOptions(command: Command, preset: string): Command {
  const perRule = `one value, or ${byRule}`;
  command
    .option('--preset <name>', preset)
    .option('--quick', 'the same job made small: two epochs, fewer images and epsilons')
    .option(
      '--rules <list>',
      `learning rules to train: ${choices(rules)} (default: ${paperRules.join(', ')}, the paper's)`,
    );
  return attackOptions(command)
    .option('--epochs <n>', `passes over the training images; ${perRule} (default: the preset's)`)
    .option('--batch-size <n>', `images in a mini-batch; ${perRule} (default: the preset's)`)
    .option('--lr <x>', `learning rate; ${perRule} (default: the preset's)`)
    .option('--optimizer <name>', `${choices(optimizers)}; ${perRule} (default: the preset's)`)
    .option('--schedule <name>', `learning-rate decay: ${choices(decays)}; ${perRule} (default: the preset's)`)
    .option('--warmup <epochs>', `epochs over which the rate rises from 0; ${perRule} (default: the preset's)`)
    .option('--sgd-momentum <x>', `SGD's momentum; ${perRule} (default: the preset's)`)
    .option('--weight-decay <x>', `L2 penalty; ${perRule} (default: the preset's)`)
    .option(
      '--decoupled-decay <x>',
      `λ of a decay apart from the gradient, w ← (1 − rate·λ)·w; ${perRule} (default: the preset's)`,
    )
    .option('--augment', 'move and mirror training images at random')
    .option('--model <name>', `${choices(models)} (default: the preset's)`)
    .option('--activation <name>', `${choices(activations)}; tanh and sigmoid go with average pooling (default: relu)`)
    .option('--initializer <name>', `${choices(initializers)} (default: the preset's)`)
    .option('--train-size <n>', 'only the first n training images')
    .option('--test-size <n>', 'only the first n test images')
    .option('--backend <name>', `kernels: ${backends.join(', ')} (default: ${defaultBackend()})`)
    .option('--data <folder>', "the data set's files, instead of the usual source");
}
