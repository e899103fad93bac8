/** A worker thread of the pool: starts it, runs jobs in it, and reports results and crashes. */
import { releaseLargeWindowOf, largeWindows } from '../../bytes/compression/large-window.js'
import { WindlassError } from '../../errors.js'
import type { Worker } from 'node:worker_threads'
import type { JobListener, JobRunner } from './job-runner.js'
import { startWorker } from './start-worker.js'
import type { Growth, Job, JobResult, Request, Response } from './task.js'

interface CurrentJob extends JobListener {
  readonly id: number
  resolve(result: JobResult): void
  reject(error: unknown): void
}

/** A worker thread that executes one job at a time. The constructor throws INTERNAL when no thread can be started. */
export class UnpackThread implements JobRunner {
  readonly #worker = startThread()
  readonly #threadId = this.#worker.threadId
  /** Resolves when the thread has loaded its modules or has ended. */
  readonly #loaded: Promise<void>
  #resolveLoaded: () => void = () => undefined
  readonly #ended: Promise<void>
  #current: CurrentJob | undefined
  #jobs = 0
  #isAlive = true
  /** The error of further jobs; set when the thread has ended. */
  #endError: WindlassError | undefined

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (response: Response) => this.#onMessage(response))
    this.#worker.on('error', (error) => this.#onEnd(error))
    this.#loaded = new Promise((resolve) => (this.#resolveLoaded = resolve))
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#resolveLoaded()
        releaseLargeWindowOf(this.#threadId)
        this.#onEnd(new Error(`the thread ended with ${code}`))
        resolve()
      })
    })
  }

  /** Whether the thread accepts jobs: false after a crash or `stop`. */
  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Executes a job. @throws WindlassError the error of the job; INTERNAL when the thread crashes */
  run(job: Job, listener: JobListener): Promise<JobResult> {
    if (this.#endError) return Promise.reject(this.#endError)
    const id = ++this.#jobs
    // Keeps the process alive while a job runs, but not while the thread is idle.
    this.#worker.ref()
    return new Promise<JobResult>((resolve, reject) => {
      this.#current = { id, ...listener, resolve, reject }
      this.#post({ type: 'start', id, job })
    }).finally(() => {
      this.#current = undefined
      this.#worker.unref()
    })
  }

  /** Reports the growth of the blob to the current job. */
  reportGrowth({ length, final }: Growth): void {
    if (this.#current) this.#post({ type: 'grown', id: this.#current.id, length, final })
  }

  /** Asks the current job to stop. Its `run` settles when everything is closed. */
  cancel(): void {
    if (this.#current) this.#post({ type: 'cancel', id: this.#current.id })
  }

  /** Tells the current job that batches of this weight are processed: see `EntrySender.acknowledge`. */
  acknowledge(weight: number): void {
    if (this.#current) this.#post({ type: 'acknowledge', id: this.#current.id, weight })
  }

  /** Asks the current job to send no more content of the entry with this number. */
  skip(entry: number): void {
    if (this.#current) this.#post({ type: 'skip', id: this.#current.id, entry })
  }

  /** Ends the thread. Resolves when it has ended and its descriptors are closed. */
  async stop(): Promise<void> {
    this.#isAlive = false
    this.#worker.ref()
    // Node leaks the descriptor of a module that is being loaded when the thread is terminated.
    await this.#loaded
    await this.#worker.terminate()
    await this.#ended
  }

  #post(request: Request): void {
    this.#worker.postMessage(request)
  }

  #onMessage(response: Response): void {
    if (response.type === 'loaded') {
      this.#resolveLoaded()
      return
    }
    const current = this.#current
    if (current?.id !== response.id) return
    if (response.type === 'progress') current.onProgress(response.bytes)
    else if (response.type === 'warning') current.onWarning(response.code, response.message)
    else if (response.type === 'entries') current.onEntries?.(response.batch)
    else if (response.type === 'done') current.resolve(response.result)
    else current.reject(WindlassError.from(response.error))
  }

  #onEnd(cause: unknown): void {
    this.#isAlive = false
    this.#endError ??= endErrorOf(cause)
    this.#current?.reject(this.#endError)
  }
}

/** `new Worker` throws when the process may not start a thread, and reports other failures by an event. */
function startThread(): Worker {
  try {
    return startWorker({ name: 'windlass-unpack', execArgv: [], workerData: largeWindows() })
  } catch (error) {
    throw endErrorOf(error)
  }
}

/**
 * Returns the error for a thread that ended or did not start. EAGAIN comes from pthread_create(3): the limit of
 * processes includes threads.
 */
function endErrorOf(cause: unknown): WindlassError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (!message.includes('EAGAIN'))
    return new WindlassError('INTERNAL', `The unpack worker crashed: ${message}`, { cause })
  return new WindlassError(
    'INTERNAL',
    'Failed to start a thread for unpacking: the limit of processes is reached (EAGAIN)',
    {
      cause,
      hint: 'Raise the limit of processes (ulimit -u), end some processes, or use fewer threads with --max-unpacks.',
    },
  )
}
