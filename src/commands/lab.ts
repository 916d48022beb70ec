import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '../errors.js';
import { runData, runNetworks } from '../experiment/finished-run.js';
import { networkName } from '../experiment/folder.js';
import { type Progress, silent } from '../experiment/progress.js';
import { runConfig } from '../experiment/run-files.js';
import type { RuleName } from '../rules/index.js';
import { loadKernels } from '../tensor/backends.js';
import { progressOn } from './progress.js';

/** The options of `npm start -- lab`. */
export interface LabOptions {
  readonly port?: number;
  readonly open?: boolean;
  readonly data?: string;
}

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8033;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};
const BINARY = 'application/octet-stream';

/** The page's own policy, for its workers as well: nothing from elsewhere, and no code made at run time but WebAssembly. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `npm start -- lab [folder]`: serves the page until Ctrl-C, to this machine alone; with a run's folder, on that run's
 * networks.
 *
 * @throws {UserError} if the folder holds no networks that the page can show, or the port is taken
 */
export async function labCommand(folder: string | undefined, options: LabOptions): Promise<void> {
  const { port = DEFAULT_PORT, data } = options;
  const server = await serveLab(folder, port, { data, progress: progressOn(process.stderr) });
  const address = `http://${HOST}:${(server.address() as AddressInfo).port}/`;
  process.stdout.write(`The lab is at ${address}\nCtrl-C ends it.\n`);
  if (options.open) openInBrowser(address);
  await new Promise<void>((resolve) => {
    const end = () => {
      server.close(() => resolve());
      server.closeAllConnections();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  });
}

/**
 * A server of the page's files, and of a run's networks under `run/`: of these names and no others. The networks are
 * those that config.json speaks of, or nothing is served.
 *
 * @param port 0 takes any that is free
 * @param options.page the folder of the page's files
 * @param options.data the folder of the data set's files, where they are not where config.json says
 * @throws {UserError} see {@link labCommand}
 */
export async function serveLab(
  folder: string | undefined,
  port: number,
  {
    page = fileURLToPath(new URL('../../lab', import.meta.url)),
    progress = silent,
    data,
  }: { readonly page?: string; readonly progress?: Progress; readonly data?: string | undefined } = {},
): Promise<Server> {
  if (!existsSync(join(page, 'index.html'))) {
    throw new UserError(`The page is not built: ${page} is missing. \`npm run build\` makes it.`);
  }
  const files = new Map(readdirSync(page).map((name) => [`/${name}`, join(page, name)]));
  const rules = folder === undefined ? [] : await checkedRules(folder, data, progress);
  for (const rule of rules) files.set(`/run/${networkName(rule)}`, join(folder as string, networkName(rule)));
  files.set('/', join(page, 'index.html'));

  const server = createServer((request, response) => {
    void answer(request, response, files, rules).catch(() => response.writeHead(500).end());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    server.listen(port, HOST, resolve);
  });
  return server;
}

async function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, string>,
  rules: readonly RuleName[],
): Promise<void> {
  const refuse = (status: number, text: string) =>
    response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
  // A foreign name that has been pointed at this machine shall not read what is served here.
  const port = (response.socket?.localPort ?? 0).toString();
  if (headers.host !== `${HOST}:${port}` && headers.host !== `localhost:${port}`)
    return void refuse(421, 'not this host\n');
  if (method !== 'GET' && method !== 'HEAD') return void refuse(405, 'GET and HEAD only\n');
  const path = url.replace(/[?#].*$/, '');
  const file = files.get(path);
  if (file === undefined) return void refuse(404, 'no such file\n');
  let bytes: Buffer = await readFile(file);
  const type = path === '/' ? types['.html'] : (types[extname(path)] ?? BINARY);
  if (type === types['.html'] && rules.length > 0) {
    bytes = Buffer.from(bytes.toString().replace('<html', `<html data-run="${rules.join(',')}"`));
  }
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}

/** The rules of a run's networks, which must be such as the page has images for, and the run's own. */
async function checkedRules(folder: string, data: string | undefined, progress: Progress): Promise<RuleName[]> {
  const config = await runConfig(folder);
  if (config.dataset !== 'mnist') {
    throw new UserError(
      `${folder} is a run on ${config.dataset}: the lab has MNIST's images alone. \`inspect\` shows any run.`,
    );
  }
  const { dataset } = await runData(folder, config, data, { progress });
  const networks = await runNetworks(folder, config, dataset, await loadKernels(), (line) => progress.log(line));
  return [...networks.keys()];
}

function listenError({ code, message }: NodeJS.ErrnoException, port: number): UserError {
  if (code === 'EADDRINUSE') {
    return new UserError(
      `Port ${port} of ${HOST} is taken. Name another with --port, or --port 0 for any that is free.`,
    );
  }
  return new UserError(`Port ${port} of ${HOST} can't be used (${message}). Name another with --port.`);
}

function openInBrowser(address: string): void {
  const [command, ...first] = { darwin: ['open'], win32: ['cmd', '/c', 'start'] }[process.platform as string] ?? [
    'xdg-open',
  ];
  const child = spawn(command, [...first, address], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    process.stdout.write(`No browser could be opened (${command}): open the address yourself.\n`),
  );
  child.unref();
}
