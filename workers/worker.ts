import type { Message } from '../src/parallel/messages.js';
import type { TaskName, Tasks } from '../src/parallel/tasks.js';
import { perform } from '../src/parallel/tasks.js';

type MessageFor<Name extends TaskName> = Message<Parameters<Tasks[Name]>[0]>;

export const trainEpoch = (message: MessageFor<'trainEpoch'>) => perform('trainEpoch', message);
export const countCorrect = (message: MessageFor<'countCorrect'>) => perform('countCorrect', message);
export const alignment = (message: MessageFor<'alignment'>) => perform('alignment', message);
export const attack = (message: MessageFor<'attack'>) => perform('attack', message);
export const inspectGradients = (message: MessageFor<'inspectGradients'>) => perform('inspectGradients', message);
export const auditTrials = (message: MessageFor<'auditTrials'>) => perform('auditTrials', message);
