/**
 * Runs a job in the calling thread: for a few small layers, which are unpacked sooner than a thread has started. The job
 * lets other work of the thread go on between its chunks.
 */
import { WindlassError, asWindlassError } from '../../errors.js'
import type { JobListener, JobRunner } from './job-runner.js'
import { LatestGrowth } from './latest-growth.js'
import type { Growth, Job, JobResult } from './task.js'

/** Executes one job, which sends no entries. */
export class RunHere implements JobRunner {
  readonly #growth = new LatestGrowth()
  readonly #abort = new AbortController()

  async run(job: Job, { onProgress, onWarning }: JobListener): Promise<JobResult> {
    // The code that unpacks is loaded only where it runs.
    const { runJob } = await import('./run-job.js')
    try {
      return await runJob(job, this.#growth, {
        signal: this.#abort.signal,
        onProgress,
        warn: onWarning,
      })
    } catch (error) {
      throw asWindlassError(error)
    }
  }

  reportGrowth(growth: Growth): void {
    this.#growth.report(growth)
  }

  cancel(): void {
    this.#abort.abort(new WindlassError('CANCELLED', 'The unpacking was cancelled'))
  }
}
