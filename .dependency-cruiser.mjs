import { builtinModules } from 'node:module';

/*
 * The order of the rooms, from the top to the bottom: a file may import from its own room and from those below,
 * and no file may lead back to itself. Rooms in one line don't know of each other.
 */
const rooms = [
  ['cli'],
  ['index'],
  ['lab'],
  ['core'],
  ['commands'],
  ['sweep'],
  ['experiment'],
  ['report', 'parallel', 'export'],
  ['audit', 'training'],
  ['metrics'],
  ['models', 'attacks'],
  ['rules', 'datasets'],
  ['layers', 'losses'],
  ['tensor', 'crew'],
  ['schema', 'words', 'check', 'lock', 'called'],
  ['disk'],
  ['errors'],
];
const inRooms = (names) => `^src/(${names.join('|')})(/|\\.ts$)`;
const upwards = rooms.flatMap((line, depth) =>
  line.map((room) => ({
    name: `${room}-imports-what-is-below`,
    severity: 'error',
    from: { path: inRooms([room]) },
    to: { path: inRooms([...rooms.slice(0, depth).flat(), ...line.filter((other) => other !== room)]) },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upwards,
    {
      name: 'core-is-for-browsers',
      comment: 'none of Node’s own modules, by whatever way',
      severity: 'error',
      from: { path: '^src/core\\.ts$' },
      to: { path: `^(node:)?(${builtinModules.join('|')})$`, reachable: true },
    },
    {
      name: 'core-is-an-entry',
      severity: 'error',
      from: { path: '^src', pathNot: inRooms(['index', 'lab']) },
      to: { path: '^src/core\\.ts$' },
    },
    {
      name: 'lab-imports-core-alone',
      comment: 'but for what it loads when it is needed, which would come along with core',
      severity: 'error',
      from: { path: '^src/lab', pathNot: '^src/lab/engine/saved-network\\.ts$' },
      to: { path: '^src/(?!lab/|core\\.ts|words\\.ts)' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'workers-are-entries', severity: 'error', from: { path: '^src' }, to: { path: '^(workers|test|bench)' } },
    { name: 'no-orphans', severity: 'error', from: { path: '^src', orphan: true, pathNot: '\\.d\\.ts$' }, to: {} },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^src/tensor/assembly' },
    doNotFollow: { path: 'node_modules' },
  },
};
