import type { Session } from './session.js';

/** The session's methods and facts that the page may ask for. */
export type Asked = Exclude<keyof Session, 'constructor'>;

/** A call of a session's method, answered by a {@link Reply} of the same number. */
export interface Request {
  readonly id: number;
  readonly method: Asked;
  readonly parameters: readonly unknown[];
}
export type Reply = { readonly value: unknown } | { readonly error: string };

type Parameters<Method> = Method extends (...parameters: infer List) => unknown ? List : [];
type Value<Method> = Method extends (...parameters: never) => infer Result ? Awaited<Result> : Method;

/** A network in a worker, as the page sees it. */
export class Engine {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private next = 0;

  constructor() {
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    this.worker.addEventListener('message', ({ data }: MessageEvent<Reply & { id: number }>) => {
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if ('error' in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data.value as never);
    });
  }

  call<Method extends Asked>(
    method: Method,
    ...parameters: Parameters<Session[Method]>
  ): Promise<Value<Session[Method]>> {
    const id = this.next++;
    this.worker.postMessage({ id, method, parameters } satisfies Request);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve: resolve as never, reject }));
  }
}
