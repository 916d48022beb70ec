/* A Redis of one's own for a test, on a port that is free. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A Redis that speaks TLS too, with a certificate that it has signed itself: the file `ca` vouches for it. */
export async function startEncryptedRedis(t: Test): Promise<TestRedis & { readonly ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tls-')); // the test's own is emptied where Redis starts
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, ca] = ['key.pem', 'ca.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', ca];
  execFileSync('openssl', [...made, ...subject], { stdio: 'ignore' });
  const port = await freePort();
  const files = ['--tls-cert-file', ca, '--tls-key-file', key, '--tls-ca-cert-file', ca];
  const redis = await startRedis(t, '--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no');
  return { ...redis, address: `rediss://127.0.0.1:${port}`, ca };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
