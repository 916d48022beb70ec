import { checkNamed, readText } from '../../disk/files.js';
import { UserError } from '../../errors.js';

/** The variable that holds the password, which no command line may. */
export const PASSWORD = 'WEIGHT_TRANSPORT_REDIS';

/** Where a Redis is, and how to get in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Encrypted; with the certificate of an authority of one's own, if that is needed. */
  readonly tls?: { readonly ca?: string } | undefined;
  /** For people: never with the password. */
  readonly text: string;
}

const FORM = 'redis://host, redis://host:6379/0 or, encrypted, rediss://host is expected';
const DEFAULT_PORT = 6379;

/**
 * Reads an address. The password is the environment's.
 *
 * @param ca the file of --redis-ca
 * @throws {UserError} if it can't be read, or holds a password. The message holds none.
 */
export async function redisAddress(
  text: string,
  ca?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RedisAddress> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // What is written before an @ may be a password, wherever it was put.
  const shown = text.includes('@') ? '(an address with an @, not repeated here)' : `"${text}"`;
  if (url?.password) {
    throw new UserError(
      `--redis holds a password, which process lists show to everybody on the machine: leave it out, and put it into the environment variable ${PASSWORD}.`,
    );
  }
  const db = /^\/?(\d{0,5})$/.exec(url?.pathname ?? '');
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (!url || !isRedis || !db || url.hostname === '' || url.search !== '' || url.hash !== '') {
    throw new UserError(`--redis ${shown}: ${FORM}.`);
  }
  if (ca !== undefined && url.protocol !== 'rediss:') {
    throw new UserError(`--redis-ca goes with an encrypted connection: give the address as rediss://…`);
  }
  const password = environment[PASSWORD] || undefined;
  if (password !== undefined && /^rediss?:\/\//.test(password)) {
    throw new UserError(
      `${PASSWORD} holds an address: the password alone is expected there, and the address in --redis.`,
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return {
    host,
    port,
    db: Number(db[1] || 0),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password,
    tls: url.protocol === 'rediss:' ? await tlsOptions(ca) : undefined,
    text: `${url.protocol}//${url.hostname}:${port}/${Number(db[1] || 0)}`,
  };
}

async function tlsOptions(ca: string | undefined): Promise<{ ca?: string }> {
  if (ca === undefined) return {};
  checkNamed(ca, '--redis-ca');
  return { ca: await readText(ca, '--redis-ca') };
}
