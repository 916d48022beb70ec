/**
 * Lets Ctrl-C (or a polite kill) end a job at once.
 *
 * @param remains says what the interrupted job has left, and how to go on
 * @throws an AbortError with that text if the job was interrupted; otherwise what the job throws
 */
export async function interruptible<Result>(
  job: (signal: AbortSignal) => Promise<Result>,
  remains: () => string,
): Promise<Result> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await job(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    throw new DOMException(`Interrupted. ${remains()}`, 'AbortError');
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
