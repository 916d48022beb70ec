/* The worker's entry: answers each message by a call of its session. */
import { Heap, loadKernels } from '../../core.js';
import type { Reply, Request } from './messages.js';
import { Session } from './session.js';

/** Memory that one network and its training may take: some 20 MB are needed. */
const maximumBytes = 256e6;
/** Without SIMD or shared memory, or without room for it, the plain kernels. */
const kernels = fastest().catch(() => loadKernels('reference'));

async function fastest() {
  return loadKernels({ heap: new Heap({ maximumBytes }) });
}

const session = kernels.then((loaded) => new Session(loaded));

addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  const { id, method, parameters } = data;
  const reply = (rest: Reply) => postMessage({ id, ...rest });
  try {
    const target = await session;
    const member = target[method] as unknown;
    // What is answered holds copies alone: memory that threads share can't be posted.
    reply({ value: await (typeof member === 'function' ? member.apply(target, parameters) : member) });
  } catch (error) {
    reply({ error: error instanceof Error ? error.message : String(error) });
  }
});
