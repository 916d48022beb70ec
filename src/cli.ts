#!/usr/bin/env node
import { createProgram, inLowerCase } from './cli/program.js';
import { fail, outliveReaders } from './commands/outcome.js';

outliveReaders();
try {
  const program = createProgram();
  await program.parseAsync(inLowerCase(program, process.argv.slice(2)), { from: 'user' });
} catch (error) {
  fail(error);
}
