/*
 * The file that piscina starts. Piscina loads it with `require`. If `require` loads an ES module while its thread is
 * ended, the whole process crashes (Node 20: "v8::Module::IsGraphAsync must be used on an instantiated module"). So
 * this file is a CommonJS module that imports the ES module.
 */
const worker = import('./worker.js');

export = async (message: never): Promise<unknown> => (await worker).default(message);
