/** Runs jobs of the pool: in a thread, or in the calling one. */
import type { EntryBatch } from '../entries/batch.js'
import type { Growth, Job, JobResult } from './task.js'

/** Receives the messages of a job. */
export interface JobListener {
  readonly onProgress: (bytes: number) => void
  readonly onWarning: (code: string, message: string) => void
  /** Required if the job sends entries. */
  readonly onEntries?: ((batch: EntryBatch) => void) | undefined
}

/** Executes one job at a time. */
export interface JobRunner {
  /** Executes a job. @throws WindlassError the error of the job; INTERNAL when a thread crashes */
  run(job: Job, listener: JobListener): Promise<JobResult>
  /** Reports the growth of the blob to the current job. */
  reportGrowth(growth: Growth): void
  /** Asks the current job to stop. Its `run` settles when everything is closed. */
  cancel(): void
}
