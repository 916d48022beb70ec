/* A Slurm of one node for a test, without systemd and cgroups. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Test } from 'tap';

const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch'];
const missing = PROGRAMS.filter((program) => spawnSync(program, ['--version']).error);

/** False where there is a Slurm that this user may start, else why not: for a test's `skip`. */
export const noSlurm =
  missing.length > 0
    ? `there is no ${missing.join(', ')} here`
    : process.getuid?.() === 0
      ? false
      : 'Slurm is started by root alone';

const execute = promisify(execFile);

export interface TestSlurm {
  /** For whoever speaks with it. */
  readonly env: NodeJS.ProcessEnv;
  /** What one of its programs prints. */
  ask(program: string, ...args: string[]): Promise<string>;
}

/** Starts a Slurm that lasts as long as the test. */
export async function startSlurm(t: Test): Promise<TestSlurm> {
  t.testdir();
  // Sockets lie in it, whose paths may have no more than a hundred characters.
  const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
  const at = (name: string) => join(folder, name);
  for (const name of ['state', 'spool', 'munge']) mkdirSync(at(name));
  writeFileSync(at('key'), randomBytes(1024), { mode: 0o600 });
  const socket = at('munge/socket');
  const host = hostname().split('.')[0];
  const [controller, node] = [await freePort(), await freePort()];
  const config = [
    'ClusterName=test',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    `SlurmdPort=${node}`,
    'SlurmUser=root',
    'AuthType=auth/munge',
    `AuthInfo=socket=${socket},cred_expire=5`, // for as long a requeued job waits
    `StateSaveLocation=${at('state')}`,
    `SlurmdSpoolDir=${at('spool')}`,
    `SlurmctldPidFile=${at('slurmctld.pid')}`,
    `SlurmdPidFile=${at('slurmd.pid')}`,
    `SlurmctldLogFile=${at('slurmctld.log')}`,
    `SlurmdLogFile=${at('slurmd.log')}`,
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU', // else each task takes all the memory
    'MpiDefault=none',
    'ReturnToService=2',
    'KillWait=5',
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN`,
    'PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
  ];
  writeFileSync(at('slurm.conf'), `${config.join('\n')}\n`);
  const env = { ...process.env, SLURM_CONF: at('slurm.conf') };
  const started: ChildProcess[] = [];
  const start = (program: string, ...args: string[]) => {
    started.push(spawn(program, args, { env, stdio: 'ignore' }));
  };
  t.teardown(async () => {
    for (const child of started.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill('SIGTERM');
      await Promise.race([once(child, 'close'), sleep(3000)]);
      child.kill('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const munge = ['pid', 'log', 'seed'].map((kind) => `--${kind}-file=${at(`munge/${kind}`)}`);
  start('munged', '--force', '--foreground', `--key-file=${at('key')}`, `--socket=${socket}`, ...munge);
  await sleep(1000);
  start('slurmctld', '-D');
  await sleep(1000);
  start('slurmd', '-D');
  const ask = async (program: string, ...args: string[]) => (await execute(program, args, { env })).stdout;
  for (let tries = 0; ; tries++) {
    const state = await ask('sinfo', '--noheader', '--format=%T').catch((error: Error) => error.message);
    if (/idle/.test(state)) break;
    if (tries > 60) throw new Error(`Slurm does not come up: ${state}`);
    await sleep(500);
  }
  return { env, ask };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
