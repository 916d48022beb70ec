import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
// What a first request loads, loaded beforehand: here a connection counts as dead after a second.
import 'npm-registry-fetch';
import 'pacote';

/** How the server treats one request; `whole` is what a good server does. */
export type Behaviour =
  | 'whole' // the file, or the rest of it that was asked for
  | 'drop' // half of it, then the connection is cut
  | 'stall' // half of it, then silence
  | 'truncate' // all but the last byte, as if that were the file
  | 'corrupt' // one bit is wrong
  | 'ignore range' // the whole file, whatever was asked for
  | 'web page' // what a proxy or a login page answers
  | number; // this status

export interface BadServer {
  readonly address: string;
  /** Each request so far: the path, and the range if one was asked for. */
  readonly requests: string[];
  /** How the next requests are treated, in order; `whole` after these. */
  readonly behaviours: Behaviour[];
  /** Path and contents. */
  readonly files: Map<string, Buffer>;
}

/** npm settings that let a test reach its own server, whatever proxy this machine uses. */
export const LOCAL = { noProxy: '127.0.0.1' };

/** A server on this machine that serves `files`, badly when told to; it ends with the test. */
export async function startBadServer(t: { teardown(end: () => void): void }): Promise<BadServer> {
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const behaviours: Behaviour[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    requests.push(headers.range === undefined ? url : `${url} ${headers.range}`);
    const behaviour = behaviours.shift() ?? 'whole';
    const file = files.get(url);
    if (typeof behaviour === 'number' || file === undefined) {
      response.writeHead(typeof behaviour === 'number' ? behaviour : 404).end();
      return;
    }
    if (behaviour === 'web page') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Please log in</html>');
      return;
    }
    const start = behaviour === 'ignore range' ? 0 : Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    if (start >= file.length) {
      response.writeHead(416).end();
      return;
    }
    const body = Buffer.from(file.subarray(start, behaviour === 'truncate' ? -1 : undefined));
    if (behaviour === 'corrupt') body[body.length >> 1] ^= 1;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      'cache-control': 'public, immutable, max-age=31557600', // as the npm registry has it
    });
    if (behaviour !== 'drop' && behaviour !== 'stall') {
      response.end(body);
      return;
    }
    response.write(body.subarray(0, body.length >> 1), () => {
      if (behaviour === 'drop') setTimeout(() => response.destroy(), 20);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, behaviours, files };
}
