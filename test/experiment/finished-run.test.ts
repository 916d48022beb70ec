/* Runs that are damaged or were moved: what each command makes of them. */
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'tap';
import { call, checkRefusal, draw, goOn, little, path, RUN, readers, restore, WHOLE } from '../helpers/damaged-run.js';

test('an audit that lacks a network, or has one more, is refused alike by report and compare', async (t) => {
  const audit = JSON.parse(readFileSync(join(WHOLE, 'audit.json'), 'utf8'));
  for (const [models, message] of [
    [
      { bp: audit.models.bp },
      /audit\.json has no network fa, which results\.json beside it names\. .*repeat the audit/,
    ],
    [{ ...audit.models, kp: audit.models.fa }, /audit\.json has a network kp, which results\.json beside it does not/],
  ] as const) {
    restore();
    writeFileSync(join(RUN, 'audit.json'), JSON.stringify({ ...audit, models }));
    const said = [];
    for (const command of ['report', 'compare']) {
      const ended = await call(...readers[command].args);
      await checkRefusal(t, ended, command, command);
      said.push(ended.stderr);
    }
    t.match(said[0], message);
    t.equal(said[0], said[1]);
  }
});

test('a torn last line of metrics.jsonl: told by report, refused by compare, not asked for by attack', async (t) => {
  restore();
  const file = join(RUN, 'metrics.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
  t.equal((await call(...readers.report.args)).code, 0);
  t.match(readFileSync(join(RUN, 'report.html'), 'utf8'), 'metrics.jsonl has 1 of the 2 epochs of fa.');
  const compared = await call(...readers.compare.args);
  await checkRefusal(t, compared, 'compare', 'compare');
  t.match(compared.stderr, /metrics\.jsonl has 1 of the 2 epochs of fa\. Restore it from a copy/);
  const { code, stderr } = await call(...readers.attack.args);
  t.equal(code, 0, stderr);
});

test('a torn last line of metrics.jsonl does not keep an unfinished run from going on, to the same bytes', async (t) => {
  restore();
  const names = ['results.json', 'audit.json', 'fa.safetensors'];
  for (const name of names) rmSync(join(RUN, name));
  const file = join(RUN, 'metrics.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${lines.slice(0, 2).join('\n')}\n${lines[2].slice(0, 50)}`);
  const { code, stderr } = await call(...goOn);
  t.equal(code, 0, stderr);
  t.match(stderr, /The last line of .*metrics\.jsonl is cut off and is left out\./);
  t.same(readFileSync(join(RUN, 'fa.safetensors')), readFileSync(join(WHOLE, 'fa.safetensors')));
  t.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, lines.length);

  // A network that has had the epoch needs it: nothing is guessed.
  rmSync(join(RUN, 'results.json'));
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -40));
  const refused = await call(...goOn);
  await checkRefusal(t, refused, 'folder', 'go on');
  t.match(refused.stderr, /fa\.safetensors has been trained for 2 epochs, of which .*metrics\.jsonl tells 1/);
  rmSync(join(RUN, 'fa.safetensors')); // as it says
  t.equal((await call(...goOn)).code, 0);
});

test('a damaged run of a sweep is told by status and collect, and keeps nobody from the others', async (t) => {
  const config = JSON.parse(readFileSync(join(WHOLE, 'config.json'), 'utf8'));
  const runs = ['a', 'b'].map((name) => ({ name, audit: 'none', config }));
  for (const { name } of runs) cpSync(WHOLE, path('sweep', name), { recursive: true });
  const plan = path('sweep', 'plan.json');
  writeFileSync(plan, JSON.stringify({ schema: 1, runs }));
  writeFileSync(path('sweep', 'b', 'results.json'), '{');
  const fault = /b\/results\.json is not JSON .* remove it and give the command again that wrote it\./;
  const status = await call('sweep', 'status', path('sweep'));
  t.equal(status.code, 0, status.stderr);
  t.match(status.stdout, /b +│ damaged/);
  t.match(status.stdout, fault);
  const collected = await call('sweep', 'collect', path('sweep'));
  t.equal(collected.code, 1, 'not all are finished');
  t.match(collected.stdout, fault);
  const run = await call('run', plan, 'b', '--workers', '1');
  await checkRefusal(t, run, 'run', 'run');
  t.match(run.stderr, fault);
  writeFileSync(plan, JSON.stringify({ schema: 99, runs }));
  for (const words of [['sweep', 'status'], ['sweep', 'collect'], ['compare']]) {
    const refused = await call(...words, path('sweep'));
    await checkRefusal(t, refused, words.join(' '), 'plan.json');
    t.match(refused.stderr, /plan\.json has schema 99; this version reads schema 1\. Give a plan\.json/);
  }
});

test('data that have moved are given with --data, and must be the run’s own', async (t) => {
  restore();
  draw(path('others'), 1);
  cpSync(path('pictures'), path('moved'), { recursive: true });
  rmSync(path('pictures'), { recursive: true });
  t.teardown(() => cpSync(path('moved'), path('pictures'), { recursive: true }));
  const config = readFileSync(join(RUN, 'config.json'), 'utf8');
  for (const command of ['audit', 'attack', 'export', 'inspect']) {
    const { args } = readers[command];
    const lost = await call(...args);
    await checkRefusal(t, lost, command, command);
    t.match(lost.stderr, /pictures.* no such file or folder .*give their folder with --data\./, command);
    const others = await call(...args, '--data', path('others'));
    await checkRefusal(t, others, command, command);
    t.match(others.stderr, /test images there are now are not those of .*results\.json/, command);
    const { code, stderr } = await call(...args, '--data', path('moved'));
    t.equal(code, 0, `${command}: ${stderr}`);
    t.equal(readFileSync(join(RUN, 'config.json'), 'utf8'), config, `${command} leaves config.json as it is`);
  }
  rmSync(join(RUN, 'results.json'));
  rmSync(join(RUN, 'fa.safetensors'));
  const resumed = await call(...goOn, '--data', path('moved'));
  t.equal(resumed.code, 0, resumed.stderr);
  t.match(resumed.stderr, /config\.json names the data in .*pictures; the run goes on with those in .*moved\./);
  t.same(readFileSync(join(RUN, 'fa.safetensors')), readFileSync(join(WHOLE, 'fa.safetensors')));
  rmSync(join(RUN, 'results.json'));
  const strange = await call(...goOn, '--data', path('others'));
  await checkRefusal(t, strange, 'folder', 'other data');
  t.match(strange.stderr, /bp\.safetensors is not taken for this run's network/);
});

test('a finished audit gives way to one that is as strong, and to a weaker one with --force alone', async (t) => {
  restore();
  const written = () => statSync(join(RUN, 'audit.json'), { bigint: true }).mtimeNs;
  const weaker: readonly [changes: string[], less: RegExp][] = [
    [['--images', '3'], /3 images instead of 4/],
    [['--epsilons', '0.1'], /no ε = 0\.3/],
    [['--iterations', '1'], /1 iterations of APGD instead of 2/],
    [['--images', '2', '--queries', '1'], /2 images instead of 4; 1 queries of Square instead of 5/],
  ];
  const before = written();
  for (const [changes, less] of weaker) {
    const refused = await call('audit', RUN, ...little(), ...changes);
    await checkRefusal(t, refused, 'audit', changes.join(' '));
    t.match(refused.stderr, /holds a finished audit, and this one would be weaker: .*\. Say --force to replace it\.$/m);
    t.match(refused.stderr, less);
    t.equal(written(), before);
  }
  t.equal((await call('audit', RUN, ...little())).code, 0, 'as strong');
  t.equal((await call('audit', RUN, ...little(3))).code, 0, 'stronger');
  t.equal((await call('audit', RUN, ...little())).code, 2, 'and that counts now');
  t.equal((await call('audit', RUN, ...little(), '--images', '3', '--force')).code, 0);
  t.equal(JSON.parse(readFileSync(join(RUN, 'audit.json'), 'utf8')).testImages, 3);
});
