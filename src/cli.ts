#!/usr/bin/env node
import { createProgram, inLowerCase } from './cli/program.js';
import { doneUnguarded } from './cli/unguarded.js';
import { fail, outliveReaders } from './commands/outcome.js';

outliveReaders();
try {
  if (!(await doneUnguarded())) {
    const program = createProgram();
    await program.parseAsync(inLowerCase(program, process.argv.slice(2)), { from: 'user' });
  }
} catch (error) {
  fail(error);
}
