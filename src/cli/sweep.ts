/** The commands of many runs. */
import type { Command } from 'commander';
import type { CompareOptions } from '../commands/compare.js';
import type { OneRunOptions } from '../commands/one-run.js';
import type { SweepOptions } from '../commands/sweep.js';
import { values } from '../commands/values.js';
import type { WorkOptions } from '../commands/work.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { presetsOf } from '../experiment/presets.js';
import { textOption, valueOption } from './option.js';
import { choices, configOptions, forms, paragraph, workersOption } from './options.js';

export function addSweepCommands(program: Command): void {
  const sweep = program
    .command('sweep')
    .description('many runs: every combination of data sets, seeds and values, here or on many machines')
    .argument('[data sets]', `with commas between them: ${choices(datasets)}`)
    .addOption(textOption(values.seeds, 'as 1..5 or 1,2,7 (default: 1)'))
    .option('--plan <file>', 'what to run, as JSON, instead of data sets and options')
    .option('--dry-run', 'show the list of runs and the expected time, and stop')
    .addOption(valueOption(values.jobs, 'runs at a time (default: as many as cores and memory hold)'))
    .addOption(workersOption('cores that they share'));
  configOptions(sweep, `${presetNames()} (default: the first of its data set's)`)
    .option('--out <folder>', 'where the runs’ folders and the summary go (default: out/sweep-<data sets>-<hash>)')
    .option('--config <file>', 'begin from the configuration of a config.json')
    .option('--no-audit', "leave out each run's audit")
    .addHelpText('after', axes)
    .addHelpText('after', forms)
    .action(async (names: string | undefined, options: SweepOptions) => {
      const { sweepCommand } = await import('../commands/sweep.js');
      await sweepCommand(names, options);
    });
  redisOptions(sweep, 'have the runs done by workers that take them from there')
    .option('--slurm', 'have them done by a Slurm cluster that shares this folder; --workers cores (default: 4) each')
    .option('--slurm-args <options>', 'for sbatch, as "--account=a --partition=p --time=01:00:00"');
  sweep
    .command('collect')
    .description("put the finished runs of a sweep's folder together")
    .argument('<folder>', 'the folder of a sweep')
    .action(async (folder: string) => {
      const { collectCommand } = await import('../commands/sweep-state.js');
      await collectCommand(folder);
    });
  sweep
    .command('status')
    .description('how far the runs of a folder are, or with --redis the sweeps that are there')
    .argument('[folder]', 'the folder of a sweep')
    .action(async (folder: string | undefined, _: object, command: Command) => {
      const { statusCommand } = await import('../commands/sweep-state.js');
      await statusCommand(folder, command.optsWithGlobals());
    });
  sweep
    .command('cancel')
    .description('with --redis: end a sweep that is there')
    .argument('<name>', 'as `sweep status` tells it')
    .action(async (name: string, _: object, command: Command) => {
      const { cancelCommand } = await import('../commands/sweep-state.js');
      await cancelCommand(name, command.optsWithGlobals());
    });

  redisOptions(
    program
      .command('work')
      .description('take runs of sweeps from Redis and do them, until Ctrl-C')
      .addOption(valueOption(values.jobs, 'runs at a time (default: as many as cores and memory hold)'))
      .addOption(workersOption('cores that they share'))
      .option(
        '--data <name=folder>',
        "a data set's own files, for runs that ask for these images; may be repeated",
        collect,
      ),
    'where they wait; a password goes into the environment variable WEIGHT_TRANSPORT_REDIS',
    true,
  ).action(async (options: WorkOptions) => {
    const { workCommand } = await import('../commands/work.js');
    await workCommand(options);
  });

  program
    .command('compare')
    .description('put runs together: means over seeds with their spread, differences between settings, figures, tables')
    .argument('<folders...>', "runs' folders, or sweeps' with all their runs")
    .option(
      '--out <folder>',
      "where the summary goes (default: the sweep's folder if there is one alone, else out/compare)",
    )
    .action(async (folders: string[], options: CompareOptions) => {
      const { compareCommand } = await import('../commands/compare.js');
      await compareCommand(folders, options);
    });

  program
    .command('run', { hidden: true })
    .description("one run of a sweep's plan: what a sweep starts for each")
    .argument('<plan>', 'the plan.json')
    .argument('<name>', 'its name in the plan, or its number, counted from 0')
    .option('--out <folder>', 'the folder for its files (default: its name, beside the plan)')
    .addOption(workersOption('worker threads'))
    .option('--out-in <folder>', 'the folder in which that folder is')
    .option('--alone', 'nobody else is at work on the run, whatever lock there is')
    .option('--no-figures', 'leave figures and the page to whoever collects the rest')
    .option('--child', 'tell progress and take orders as lines of JSON, and end when standard input closes')
    .action(async (plan: string, name: string, options: OneRunOptions) => {
      const { oneRunCommand } = await import('../commands/one-run.js');
      await oneRunCommand(plan, name, options);
    });
}

function redisOptions(command: Command, what: string, required = false): Command {
  const flags = '--redis <address>';
  const text = `${what}, as redis://host or rediss://host:6379/0`;
  if (required) command.requiredOption(flags, text);
  else command.option(flags, text);
  return command.option('--redis-ca <file>', 'the certificate of an authority of one’s own, for rediss://');
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

const presetNames = (): string =>
  [...new Set((Object.keys(datasets) as DatasetName[]).flatMap((name) => Object.keys(presetsOf(name))))].join(', ');

const axes = paragraph(
  'Where one value stands, several with commas between them make an axis: --lr 0.01,0.02 doubles the runs. ' +
    'What is a list itself, or a value for each rule, has semicolons between one and the next: --attacks "fgsm;fgsm,bim".',
);
