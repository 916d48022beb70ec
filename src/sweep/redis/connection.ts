/** A connection to Redis that outlives its going away for a while. */
import type { Redis } from 'ioredis';
import { UserError } from '../../errors.js';
import type { RedisAddress } from './address.js';

/** Milliseconds between two tries to get a lost connection back: the first, and at most. */
const RETRY = { first: 250, most: 5000 };
/** How long the first connection may take, in milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** The share of its memory beyond which Redis is given no more work. */
const MOST_MEMORY = 0.8;

/** A Redis that is there, and can keep what it is given. */
export interface Store {
  readonly redis: Redis;
  /** A connection of its own, for who blocks one. */
  duplicate(): Redis;
  readonly address: RedisAddress;
}

/**
 * Does work with a connection. Where it is lost in the meantime, commands wait until it is there again.
 *
 * @param log told when Redis has gone and when it is back
 * @throws {UserError} if Redis can't be reached, refuses the password, or would throw away what it is given
 */
export async function withStore<Result>(
  address: RedisAddress,
  log: (line: string) => void,
  work: (store: Store) => Promise<Result>,
): Promise<Result> {
  const { Redis } = await import('ioredis');
  const { host, port, db, username, password, tls, text } = address;
  let wasThere = false;
  let closing = false;
  let fault: Error | undefined;
  const redis = new Redis({
    ...{ host, port, db, username, password, tls },
    lazyConnect: true,
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_TIMEOUT,
    retryStrategy: (times) => (wasThere ? Math.min(RETRY.first * 2 ** (times - 1), RETRY.most) : null),
  });
  redis.on('error', (error: Error) => {
    fault ??= error;
  });
  const others: Redis[] = [];
  try {
    try {
      await redis.connect();
      wasThere = true;
      await checkStore(redis, text);
    } catch (error) {
      throw error instanceof UserError ? error : noStore(text, fault ?? (error as Error), password !== undefined);
    }
    let gone = false;
    redis.on('close', () => {
      if (!gone && !closing) log(`Redis at ${text} has gone: waiting until it is back.`);
      gone = true;
    });
    redis.on('ready', () => {
      if (gone) log('Redis is back.');
      gone = false;
    });
    const duplicate = () => {
      const other = redis.duplicate({ lazyConnect: false });
      other.on('error', () => {}); // the first connection tells of it
      others.push(other);
      return other;
    };
    return await work({ redis, duplicate, address });
  } finally {
    closing = true;
    for (const each of [redis, ...others]) each.disconnect();
  }
}

/** Why there is no connection, in a sentence that no password is in. */
function noStore(text: string, { message, ...more }: Error, withPassword: boolean): UserError {
  const { code } = more as { readonly code?: string };
  if (/WRONGPASS|invalid password|invalid username-password/i.test(message)) {
    return new UserError(
      `Redis at ${text} refuses the ${withPassword ? 'password in WEIGHT_TRANSPORT_REDIS' : 'user'}.`,
    );
  }
  if (/NOAUTH|authentication required/i.test(message)) {
    return new UserError(
      `Redis at ${text} asks for a password: put it into the environment variable WEIGHT_TRANSPORT_REDIS.`,
    );
  }
  if (code !== undefined && /CERT|SIGNATURE|ISSUER/.test(code)) {
    return new UserError(
      `Redis at ${text} shows a certificate that nobody known here vouches for, or that is another host's (${code}): give the file of its authority's certificate with --redis-ca, and the host by the name that the certificate has.`,
    );
  }
  const reason = code === undefined ? 'there is no answer' : `${code}`;
  return new UserError(`Can't reach Redis at ${text} (${reason}): start it, or give its address with --redis.`);
}

/** @throws {UserError} if Redis would throw jobs and results away where memory is short */
async function checkStore(redis: Redis, text: string): Promise<void> {
  const policy = (await memoryOf(redis)).policy;
  if (policy === undefined || policy === 'noeviction') return;
  throw new UserError(
    `Redis at ${text} is set to throw data away where its memory is short (maxmemory-policy ${policy}): runs and results would be lost. Set maxmemory-policy to noeviction.`,
  );
}

interface Memory {
  readonly used: number;
  /** 0 where there is no limit. */
  readonly limit: number;
  readonly policy: string | undefined;
}

async function memoryOf(redis: Redis): Promise<Memory> {
  const info = await redis.info('memory');
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  return {
    used: Number(field('used_memory') ?? 0),
    limit: Number(field('maxmemory') ?? 0),
    policy: field('maxmemory_policy'),
  };
}

/** Whether Redis has too little memory left to be given more work. */
export async function isNearlyFull(redis: Redis): Promise<boolean> {
  const { used, limit } = await memoryOf(redis);
  return limit > 0 && used > MOST_MEMORY * limit;
}

/** An error of a Redis whose memory is used up; of a transaction, one of its commands' errors tells. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { previousErrors = [] } = error as { readonly previousErrors?: readonly unknown[] };
  return /\bOOM\b/.test(error.message) || previousErrors.some(isFull);
}
