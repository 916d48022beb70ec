import { Worker } from 'node:worker_threads';
import { test } from 'tap';
import { type Crew, memberRange, solo } from '../../src/crew/crew.js';
import { CrewStopped, joinCrew, newCrew, progressOf, stopCrew } from '../../src/crew/shared-crew.js';
import { type CrewWorkerData, STOPPED } from '../helpers/crew-worker.js';

test('the shares of a crew cover every number once, in order, in whole groups of 16', async (t) => {
  for (const size of [1, 2, 3, 7, 16]) {
    for (const length of [0, 1, 15, 16, 17, 100, 61_706]) {
      let next = 0;
      for (let rank = 0; rank < size; rank++) {
        const [from, to] = memberRange({ rank, size } as Crew, length);
        t.equal(from, next);
        t.ok(to >= from && (to % 16 === 0 || to === length));
        next = to;
      }
      t.equal(next, length, `${size} members, ${length} numbers`);
    }
  }
});

test('pieces are claimed once each, whoever claims them', async (t) => {
  const handle = newCrew(3, 2);
  const members = [0, 1, 2].map((rank) => joinCrew(handle, rank));
  const claimed = [0, 1, 2, 0, 0, 1].map((rank) => members[rank].claim(5));
  t.same(claimed, [0, 1, 2, 3, 4, -1]);
  t.same([members[2].claim(5), members[2].claim(7)], [-1, 5], 'and go on where the end is moved');
  const alone = solo();
  t.same([alone.claim(2), alone.claim(2), alone.claim(2), alone.claim(3)], [0, 1, -1, 2]);
});

test('progress is counted over all members', async (t) => {
  const handle = newCrew(2, 2);
  for (const rank of [0, 1, 1]) joinCrew(handle, rank).advance();
  t.equal(progressOf(handle), 3);
});

test('a stopped crew gives out no work and lets no one wait', async (t) => {
  const handle = newCrew(2, 1);
  const member = joinCrew(handle, 0);
  t.equal(member.claim(9), 0);
  stopCrew(handle);
  t.throws(() => member.claim(9), CrewStopped);
  t.throws(() => joinCrew(handle, 1).barrier(), CrewStopped);
});

for (const [cores, how] of [
  [2, 'looking out'],
  [1, 'asleep'],
] as const) {
  test(`a barrier keeps two threads in step, again and again, ${how} or not`, async (t) => {
    const crew = newCrew(2, cores);
    const counts = new Int32Array(new SharedArrayBuffer(8));
    const other = new Worker(new URL('../helpers/crew-worker.js', import.meta.url), {
      workerData: { crew, counts, rounds: 300 } satisfies CrewWorkerData,
    });
    const ended = new Promise((resolve) => other.once('exit', resolve));
    const member = joinCrew(crew, 0);
    const seen: number[] = [];
    for (let round = 1; round <= 300; round++) {
      counts[0] = round;
      member.barrier();
      seen.push(counts[1]);
      member.barrier();
    }
    t.same(
      seen,
      Array.from({ length: 300 }, (_, i) => i + 1),
      'each round the other had come as far',
    );
    const stopping = setTimeout(() => stopCrew(crew), 50); // by then the other waits at a barrier that never opens
    t.equal(await ended, STOPPED, 'and is let go when the crew is stopped');
    clearTimeout(stopping);
  });
}
