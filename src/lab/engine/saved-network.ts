/* Reading a run's networks takes a schema library that the page needs for nothing else: loaded when it is. */
import { config } from 'zod';

// By default it compiles its schemas at run time, which the page's security policy forbids.
config({ jitless: true });

export { readNetwork } from '../../models/checkpoint.js';
