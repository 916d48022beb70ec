/**
 * Requests through npm's own HTTP library, so that npm's proxy, certificate and registry settings hold for all of them.
 * Its libraries are loaded at the first request: most commands make none, and they load slower than all the rest.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import type npmFetch from 'npm-registry-fetch';

/** npm's settings in the form its libraries take them. */
export type NpmSettings = Readonly<Record<string, unknown>>;

/** What a download needs of a server's answer. */
export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array>;
}

/** Asks for a file; the headers may ask for the rest of one only. Fails if no answer comes, not for a bad status. */
export type Request = (headers: Record<string, string>, signal: AbortSignal) => Promise<Answer>;

/** npm's settings for this user and folder: .npmrc files, the environment and npm's defaults. */
export async function npmSettings(): Promise<NpmSettings> {
  const [{ default: Config }, { default: npmDefinitions }] = await Promise.all([
    import('@npmcli/config'),
    import('@npmcli/config/lib/definitions/index.js'),
  ]);
  const npmPath = dirname(createRequire(import.meta.url).resolve('@npmcli/config/package.json'));
  // This program's own arguments are none of npm's.
  const config = new Config({ ...npmDefinitions, npmPath, argv: [] });
  await config.load();
  return config.flat;
}

/** Asks for the file at a plain address. npm's cache keeps packages only, so it is left out. */
export const addressRequest =
  (address: string, settings: NpmSettings): Request =>
  (headers, signal) =>
    answerOf(async () => {
      const { default: npmFetch } = await import('npm-registry-fetch');
      return npmFetch(address, options({ ...settings, cache: undefined }, headers, signal));
    });

/**
 * Asks for the tarball of an npm package, `name@version`, from the user's registry or npm's cache.
 *
 * @param integrity of the whole tarball (`sha512-...`), without which npm's cache would keep a damaged one.
 */
export const packageRequest =
  (spec: string, integrity: string, settings: NpmSettings): Request =>
  (headers, signal) =>
    answerOf(async () => {
      const [{ default: npmFetch }, { default: pacote }] = await Promise.all([
        import('npm-registry-fetch'),
        import('pacote'),
      ]);
      const address = await pacote.resolve(spec, options(settings, {}, signal));
      const whole = headers.range === undefined;
      return npmFetch(address, { ...options(settings, headers, signal), ...(whole && { integrity }) });
    });

function options(settings: NpmSettings, headers: Record<string, string>, signal: AbortSignal) {
  return {
    ...settings,
    // Bytes as they lie on the server: a range counts those.
    headers: { ...headers, 'accept-encoding': 'identity' },
    // Retrying is the download's business: npm's library would begin again from the first byte.
    retry: { retries: 0 },
    signal,
  };
}

/** npm's libraries throw a bad status, and their bodies are a kind of stream of their own. */
async function answerOf(ask: () => ReturnType<typeof npmFetch>): Promise<Answer> {
  try {
    const { status, headers, body } = await ask();
    // Not the body's own iterator: it leaves a listener behind for each piece.
    return { status, headers, body: new Readable().wrap(body!) };
  } catch (error) {
    const { statusCode } = error as { statusCode?: number };
    if (statusCode === undefined) throw error;
    return { status: statusCode, headers: new Headers(), body: Readable.from([]) };
  }
}
