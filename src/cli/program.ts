import { Command } from 'commander';
import { attacks } from '../attacks/index.js';
import { defaultAudit } from '../audit/recipe.js';
import type { AttackCommandOptions } from '../commands/attack.js';
import type { AuditOptions } from '../commands/audit.js';
import type { ExportCommandOptions } from '../commands/export.js';
import { helpFormat } from '../commands/help.js';
import type { InspectOptions } from '../commands/inspect.js';
import type { LabOptions } from '../commands/lab.js';
import type { MainOptions } from '../commands/main-job.js';
import { widthOf } from '../commands/terminal.js';
import { values } from '../commands/values.js';
import type { DatasetSource } from '../datasets/dataset.js';
import { type DatasetName, datasets } from '../datasets/index.js';
import { defaultPreset, presetsOf } from '../experiment/presets.js';
import { losses } from '../losses/index.js';
import { models } from '../models/index.js';
import { activations } from '../models/lenet.js';
import { paperRules, rules } from '../rules/index.js';
import { VERSION } from '../version.js';
import { epsilonTexts, list } from '../words.js';
import { addSynonyms, textOption, valueOption } from './option.js';
import { attackOptions, choices, configOptions, forms, workersOption } from './options.js';
import { addSweepCommands } from './sweep.js';

// Each command's own module is loaded when the command is given: --help and a mistyped option need none of them.

/** The rules that a run trains unless told otherwise, by the names in its figures. */
const networks = list(paperRules.map((rule) => rules[rule].label));

const MOVED = "the data set's files, where they are not where the run's config.json says";

const VERBOSE = 'end with all tables, the checks and what they mean, not with the answer alone';

/** The program: every command with its options, which a caller has parse what a person wrote. */
export function createProgram(): Command {
  const program = new Command('weight-transport')
    .description('Train, attack and understand neural networks that learn without weight transport.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .configureHelp(helpFormat(widthOf(process.stdout)));
  for (const [name, { title }] of Object.entries(datasets)) addMainJob(program, name as DatasetName, title);
  addAttack(program);
  addAudit(program);
  addExport(program);
  addSmallCommands(program);
  addInspect(program);
  addLab(program);
  addSweepCommands(program);
  addSynonyms(program);
  return program;
}

/** The arguments with the command's name in lower case, as commands are called. */
export function inLowerCase(program: Command, args: readonly string[]): string[] {
  const at = args.findIndex((arg) => !arg.startsWith('-'));
  const name = args[at]?.toLowerCase();
  return program.commands.some((command) => command.name() === name || command.aliases().includes(name))
    ? args.with(at, name)
    : [...args];
}

function addMainJob(program: Command, name: DatasetName, title: string): void {
  const command = program
    .command(name)
    .description(`train ${networks} networks on ${title}, attack them, measure transfer, draw the figures`);
  configOptions(command, `${presetText(name)} (default: ${defaultPreset(name)})`)
    .addOption(
      textOption(
        values.seed,
        'decides all that is random: weights, feedback weights, the order of images, random attacks (default: 1)',
      ),
    )
    .addOption(workersOption('worker threads; changes nothing but the time'))
    .option('--out <folder>', 'where the files go (default: out/<data set>-<seed>)')
    .option('--config <file>', 'repeat the run of a config.json; other options change it')
    .option('--no-audit', 'leave out the audit at the end')
    .option('--verbose', VERBOSE)
    .option('--force', 'replace a run that is in the folder already')
    .addHelpText('after', forms)
    .action(async (options: MainOptions) => {
      const { mainJob } = await import('../commands/main-job.js');
      await mainJob(name, options);
    });
}

function addAttack(program: Command): void {
  attackOptions(
    program
      .command('attack')
      .description(
        "new attacks on a finished run's networks: curves and figures beside the run's own; nothing is trained",
      )
      .argument('<folder>', 'the folder of a run, such as out/mnist-1'),
    "the run's",
  )
    .addOption(valueOption(values.images, 'test images to attack (default: 1000)'))
    .option('--data <folder>', MOVED)
    .option('--name <name>', 'the files go to <folder>/attacks/<name> (default: made from the settings)')
    .addOption(workersOption('worker threads'))
    .option('--force', 'replace attacks that are there already')
    .option('--verbose', 'the networks, transfer and all accuracies, and not the answer alone')
    .addHelpText('after', forms)
    .action(async (folder: string, options: AttackCommandOptions) => {
      const { attackCommand } = await import('../commands/attack.js');
      await attackCommand(folder, options);
    });
}

function addAudit(program: Command): void {
  const { epsilons, images, iterations, restarts, queries, spsaImages, spsaIterations, targets } = defaultAudit;
  program
    .command('audit')
    .description(
      "is the robustness real? stronger attacks on a finished run's networks, or on any network; checks and a verdict",
    )
    .argument('<path>', 'the folder of a run, such as out/mnist-1, or a network: a safetensors file')
    .addOption(valueOption(values.images, `test images to attack (default: ${images})`))
    .addOption(
      valueOption(
        values.auditEpsilons,
        `L∞ radii in (0, 1], as 0.1:1:0.1 or 0.1,0.3 or 2/255,8/255 (default: ${epsilons.join(',')}${withRadiiOfTheirOwn()})`,
      ),
    )
    .addOption(valueOption(values.iterations, `APGD's steps (default: ${iterations})`))
    .addOption(
      valueOption(values.restarts, `random restarts for images that one start did not fool (default: ${restarts})`),
    )
    .addOption(valueOption(values.queries, `maximum number of Square's queries per image (default: ${queries})`))
    .addOption(
      valueOption(
        values.spsaImages,
        `images that SPSA is tried on, of those that no other attack fooled (default: ${spsaImages})`,
      ),
    )
    .addOption(valueOption(values.spsaIterations, `SPSA's steps (default: ${spsaIterations})`))
    .addOption(valueOption(values.targets, `classes that targeted attacks go for (default: ${targets})`))
    .option('--standard', "AutoAttack's standard attacks too, just as RobustBench measures")
    .option('--data <folder>', `${MOVED}; of a network in a file: instead of the usual source`)
    .option('--force', 'replace an audit that is there already by a weaker one')
    .addOption(workersOption('worker threads'))
    .option('--verbose', VERBOSE)
    .optionsGroup('Of a network in a file, where it does not say so itself:')
    .addOption(valueOption(values.dataset, `what it was trained on: ${choices(datasets)}`))
    .addOption(valueOption(values.model, `${choices(models)} (default: lenet5)`))
    .addOption(valueOption(values.activation, `${choices(activations)} (default: relu)`))
    .addOption(
      valueOption(values.rule, `how it learned: ${choices(rules)} (default: fa if it has feedback weights, else bp)`),
    )
    .option('--names <file>', 'JSON that gives our name of each tensor that of the file: {"conv1.weight": "0.weight"}')
    .addOption(
      valueOption(values.mean, "what is taken from pixels in [0, 1], a number a channel (default: the data set's)"),
    )
    .addOption(valueOption(values.std, "what they are divided by then, a number a channel (default: the data set's)"))
    .addOption(valueOption(values.seed, 'decides what is random in an attack (default: 1)'))
    .option('--out <folder>', 'where the files go (default: <name>.audit beside the file)')
    .addHelpText('after', forms)
    .action(async (path: string, options: AuditOptions) => {
      const { auditCommand } = await import('../commands/audit.js');
      await auditCommand(path, options);
    });
}

function addExport(program: Command): void {
  program
    .command('export')
    .description("write a finished run's networks, and adversarial examples, for other tools: ONNX, NumPy")
    .argument('<folder>', 'the folder of a run, such as out/mnist-1')
    .addOption(valueOption(values.to, 'onnx: the networks; npz: parameters and examples (default: both)'))
    .option('--activations', "make every layer's output an output of the ONNX graph")
    .addOption(valueOption(values.images, 'test images to attack for the npz (default: 1000)'))
    .option('--data <folder>', MOVED)
    .addOption(valueOption(values.attack, `how they are attacked: ${choices(attacks)} (default: bim)`))
    .addOption(valueOption(values.epsilon, 'L∞ radius, as 0.2 or 8/255 (default: 0.2)'))
    .addOption(valueOption(values.path, "the attack's gradient path: feedback, true (default: true)"))
    .addOption(
      valueOption(
        values.loss,
        `the loss that the attack maximises: ${choices(losses)}; FAB, Square and SPSA: always margin (default: cross-entropy)`,
      ),
    )
    .option('--out <folder>', 'where the files go (default: <folder>/export)')
    .addHelpText('after', forms)
    .action(async (folder: string, options: ExportCommandOptions) => {
      const { exportCommand } = await import('../commands/export.js');
      await exportCommand(folder, options);
    });
}

function addSmallCommands(program: Command): void {
  program
    .command('report')
    .description('write report.html: all that is in the folder of a run or an audit, in one file to hand round')
    .argument('<folder>', 'such as out/mnist-1')
    .action(async (folder: string) => {
      const { reportCommand } = await import('../commands/report.js');
      await reportCommand(folder);
    });
  program
    .command('data')
    .description('list the data sets, where they come from and whether they are here; with a name, fetch and verify it')
    .argument('[name]', `data set to fetch: ${choices(datasets)}`)
    .action(async (name?: string) => {
      const { dataCommand } = await import('../commands/data.js');
      await dataCommand(name);
    });
  program
    .command('gradcheck')
    .description(
      "hold backpropagation's gradients against finite differences, layer by layer; exit code 1 if one fails",
    )
    .addOption(valueOption(values.seed, 'decides inputs, weights and directions (default: 1)'))
    .addHelpText('after', forms)
    .action(async (options: { seed?: number }) => {
      const { gradcheckCommand } = await import('../commands/gradcheck.js');
      gradcheckCommand(options);
    });
}

function addInspect(program: Command): void {
  program
    .command('inspect')
    .description("one image's forward pass through each network and the error's backward pass, layer by layer")
    .argument('[folder]', "a run's folder, such as out/mnist-1 (default: a small network is trained first)")
    .addOption(valueOption(values.image, 'which test image, counted from 0 (default: 0)'))
    .option('--at <number>', 'write one number out, as conv1.weight[3,0,2,2], fc1.dx[7] or pool2.y[4,0,1]')
    .addOption(
      valueOption(values.epsilon, 'inspect the adversarial image at this L∞ radius (default: 0, the clean one)'),
    )
    .addOption(valueOption(values.attack, `how that is made: ${choices(attacks)} (default: bim)`))
    .addOption(valueOption(values.path, "the attack's gradient path: feedback, true (default: feedback)"))
    .addOption(valueOption(values.loss, `what is differentiated: ${choices(losses)} (default: cross-entropy)`))
    .addOption(valueOption(values.iterations, 'steps of an iterative attack (default: 10)'))
    .option('--data <folder>', "the data set's files, instead of the usual source")
    .addOption(
      valueOption(values.seed, "decides the small network, and what is random in an attack (default: the run's, or 1)"),
    )
    .option('--json', 'for scripts')
    .action(async (folder: string | undefined, options: InspectOptions) => {
      const { inspectCommand } = await import('../commands/inspect.js');
      await inspectCommand(folder, options);
    });
}

function addLab(program: Command): void {
  program
    .command('lab')
    .description('serve the page on which two networks learn, are looked into and attacked, until Ctrl-C')
    .argument('[folder]', "a run's folder, such as out/mnist-1, to show its networks (default: trained in the page)")
    .addOption(valueOption(values.port, 'on 127.0.0.1; 0 takes any that is free (default: 8033)'))
    .option('--open', 'open it in the browser')
    .option('--data <folder>', MOVED)
    .action(async (folder: string | undefined, options: LabOptions) => {
      const { labCommand } = await import('../commands/lab.js');
      await labCommand(folder, options);
    });
}

/** The data sets whose audit has radii of its own, and which. */
function withRadiiOfTheirOwn(): string {
  const own = Object.values<DatasetSource>(datasets).flatMap(({ title, auditEpsilons }) =>
    auditEpsilons ? [`; ${title}: ${auditEpsilons.map(epsilonTexts(auditEpsilons)).join(',')}`] : [],
  );
  return own.join('');
}

function presetText(name: DatasetName): string {
  const known = Object.entries(presetsOf(name));
  return known.map(([preset, { summary }]) => `${preset}: ${summary}`).join('; ');
}
