#!/usr/bin/env node
import { checkWebAssembly, loadFault } from './cli/load-fault.js';
import { outliveHangUp } from './commands/terminal.js';

outliveHangUp();
// The rest is imported inside `try`: what keeps it from being loaded is told in a sentence too.
try {
  const { fail, outliveReaders } = await import('./commands/outcome.js');
  outliveReaders();
  try {
    checkWebAssembly();
    const { doneUnguarded } = await import('./cli/unguarded.js');
    if (!(await doneUnguarded())) {
      const { createProgram, inLowerCase } = await import('./cli/program.js');
      const program = createProgram();
      await program.parseAsync(inLowerCase(program, process.argv.slice(2)), { from: 'user' });
    }
  } catch (error) {
    fail(error);
  }
} catch (error) {
  const fault = loadFault(error);
  if (!fault) throw error;
  process.stderr.write(`${fault.message}\n`);
  process.exitCode = 2;
}
