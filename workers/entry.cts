/*
 * What piscina starts. It loads its file with `require`, and a thread that is ended while it so loads an ES module takes
 * the whole process along (Node 20: "v8::Module::IsGraphAsync must be used on an instantiated module"). This file is
 * none, and imports the one that is.
 */
const worker = import('./worker.js');

export = async (message: never): Promise<unknown> => (await worker).default(message);
