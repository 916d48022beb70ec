/* A Redis of one's own for a test, on a port that is free. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import type { Test } from 'tap';

/** False where there is a Redis, else why not: for a test's `skip`. */
export const noRedis = spawnSync('redis-server', ['--version']).status === 0 ? false : 'there is no redis-server here';

export interface TestRedis {
  readonly port: number;
  readonly address: string;
  readonly client: Redis;
  /** Ends it as a power cut would, and begins it again after so many milliseconds. */
  restart(gone: number): Promise<void>;
}

/** Starts a Redis that lasts as long as the test; what it holds outlives its restarts. */
export async function startRedis(t: Test, ...options: string[]): Promise<TestRedis> {
  const port = await freePort();
  const folder = t.testdir();
  const args = ['--port', `${port}`, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--dir', folder];
  let server: ChildProcess;
  const start = async () => {
    server = spawn('redis-server', [...args, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    for await (const data of (server.stdout as NonNullable<typeof server.stdout>).iterator({
      destroyOnReturn: false,
    })) {
      said += data;
      if (/Ready to accept connections/.test(said)) break;
    }
    server.stdout?.resume();
  };
  await start();
  const password = options[options.indexOf('--requirepass') + 1];
  const client = new Redis(port, '127.0.0.1', options.includes('--requirepass') ? { password } : {});
  client.on('error', () => {}); // restarts
  t.teardown(async () => {
    client.disconnect();
    server.kill('SIGKILL');
    await once(server, 'close').catch(() => {});
  });
  return {
    port,
    address: `redis://127.0.0.1:${port}`,
    client,
    async restart(gone) {
      server.kill('SIGKILL');
      await once(server, 'exit');
      await new Promise((resolve) => setTimeout(resolve, gone));
      await start();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
