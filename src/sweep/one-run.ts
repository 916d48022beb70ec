/** The child's side of a sweep: one run of a plan, begun, gone on with or audited, whatever is left of it to do. */
import { auditRun } from '../experiment/audit.js';
import type { SweepSettings, WorkSettings } from '../experiment/context.js';
import { runExperiment } from '../experiment/run.js';
import { audits, type PlannedRun } from './plan.js';
import { runState } from './state.js';

export interface OneRunSettings extends WorkSettings, SweepSettings {
  /** The run's folder. */
  readonly out: string;
}

/**
 * Does what is left of a planned run; nothing where it is finished. A process that still works in the folder, as the
 * child of a sweep that was killed does for a moment, is waited for.
 *
 * @throws {UserError} if the data, the folder or an option is unusable, or training diverges
 */
export async function doRun(run: PlannedRun, settings: OneRunSettings): Promise<void> {
  const { out, ...how } = settings;
  const audit = audits[run.audit];
  const state = await runState(out, run);
  if (state === 'finished') return;
  if (state === 'to audit') {
    await auditRun(out, { settings: audit, ...how });
    return;
  }
  await runExperiment(run.config, { out, force: false, forceable: false, audit, ...how });
}
