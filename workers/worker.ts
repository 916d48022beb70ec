export { perform as default } from '../src/parallel/tasks.js';
