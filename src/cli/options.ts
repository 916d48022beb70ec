/** The options that more than one command has. */
import { availableParallelism } from 'node:os';
import type { Command, Option } from 'commander';
import { attacks, paperAttacks } from '../attacks/index.js';
import { byRule } from '../commands/by-rule.js';
import { type OptionValue, values } from '../commands/values.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { initializers } from '../models/initialize.js';
import { activations } from '../models/lenet.js';
import { paperRules, rules } from '../rules/index.js';
import { defaultBackend } from '../tensor/backends.js';
import { backends } from '../tensor/kernels.js';
import { optimizers } from '../training/optimizers.js';
import { decays } from '../training/schedule.js';
import { textOption, valueOption } from './option.js';

export const choices = (table: object): string => Object.keys(table).join(', ');

export const workersOption = (text: string): Option =>
  valueOption(values.workers, `${text} (default: ${availableParallelism()}, the cores here)`);

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
    .addOption(
      textOption(
        values.attacks,
        `attacks: ${choices(attacks)} ${byDefault(`${paperAttacks.join(', ')}, the paper's`)}`,
      ),
    )
    .addOption(
      textOption(values.epsilons, `L∞ radii in [0, 1], as 0:1:0.1 or 0,0.05,0.1 or 0,8/255 ${byDefault('0:1:0.1')}`),
    )
    .addOption(
      textOption(
        values.paths,
        `gradient path: feedback (through the rule's feedback weights, as in the paper), true (through the transposed weights, the exact gradient), or feedback,true ${byDefault('feedback')}`,
      ),
    )
    .addOption(
      textOption(
        values.loss,
        `the loss that the attacks maximise: ${choices(losses)}; FAB, Square and SPSA: always margin ${byDefault('cross-entropy')}`,
      ),
    )
    .addOption(textOption(values.iterations, `steps of the iterative attacks ${byDefault('10')}`))
    .addOption(
      textOption(
        values.stepSize,
        `step size of the iterative attacks, in pixel units ${byDefault('epsilon / iterations')}`,
      ),
    )
    .addOption(textOption(values.momentum, `MI-FGSM's decay factor μ ${byDefault('0.8')}`))
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
    .addOption(
      textOption(
        values.rules,
        `learning rules to train: ${choices(rules)} (default: ${paperRules.join(', ')}, the paper's)`,
      ),
    );
  const option = (value: OptionValue<unknown>, text: string) =>
    command.addOption(textOption(value, `${text} (default: the preset's)`));
  attackOptions(command);
  option(values.epochs, `passes over the training images; ${perRule}`);
  option(values.batchSize, `images in a mini-batch; ${perRule}`);
  option(values.lr, `learning rate; ${perRule}`);
  option(values.optimizer, `${choices(optimizers)}; ${perRule}`);
  option(values.schedule, `learning-rate decay: ${choices(decays)}; ${perRule}`);
  option(values.warmup, `epochs over which the rate rises from 0; ${perRule}`);
  option(values.sgdMomentum, `SGD's momentum; ${perRule}`);
  option(values.weightDecay, `L2 penalty; ${perRule}`);
  option(values.decoupledDecay, `λ of a decay apart from the gradient, w ← (1 − rate·λ)·w; ${perRule}`);
  command.option('--augment', 'move and mirror training images at random');
  option(values.model, choices(models));
  option(values.initializer, choices(initializers));
  return command
    .addOption(
      textOption(
        values.activation,
        `${choices(activations)}; tanh and sigmoid go with average pooling (default: relu)`,
      ),
    )
    .addOption(textOption(values.trainSize, 'only the first n training images'))
    .addOption(textOption(values.testSize, 'only the first n test images'))
    .addOption(textOption(values.backend, `kernels: ${backends.join(', ')} (default: ${defaultBackend()})`))
    .option('--data <folder>', "the data set's files, instead of the usual source");
}
