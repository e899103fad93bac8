/** One worker thread as the pool sees it: starts it, hands it a job, and tells how the job or the thread ended. */
import { Worker } from 'node:worker_threads'
import { endTurnOf, largeWindows } from '../../bytes/compression/large-window.js'
import { WindlassError } from '../../errors.js'
import type { Growth, Job, JobResult, Request, Response } from './task.js'

/** Run from TypeScript sources (tests), the thread runs the compiled twin: worker threads load no TypeScript. */
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('../../../dist/lib/archive/worker/unpack-worker.js', import.meta.url)
  : new URL('./unpack-worker.js', import.meta.url)

export interface JobListener {
  readonly onProgress: (bytes: number) => void
  readonly onWarning: (code: string, message: string) => void
}

interface Current extends JobListener {
  readonly id: number
  resolve(result: JobResult): void
  reject(error: unknown): void
}

export class UnpackThread {
  readonly #worker = new Worker(workerFile, {
    name: 'windlass-unpack',
    execArgv: [],
    workerData: largeWindows(),
  })
  readonly #id = this.#worker.threadId
  /** Resolves when it has loaded what it needs, or has ended. */
  readonly #loaded: Promise<void>
  #load: () => void = () => undefined
  readonly #ended: Promise<void>
  #current: Current | undefined
  #jobs = 0
  #alive = true
  /** Why it takes no more jobs, where it ended by itself. */
  #death: WindlassError | undefined

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (response: Response) => this.#hear(response))
    this.#worker.on('error', (error) => this.#die(error))
    this.#loaded = new Promise((resolve) => (this.#load = resolve))
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#load()
        endTurnOf(this.#id)
        this.#die(new Error(`the thread ended with ${code}`))
        resolve()
      })
    })
  }

  /** False once it has crashed or was stopped: it takes no more jobs. */
  get alive(): boolean {
    return this.#alive
  }

  /** @throws WindlassError what the job failed with; INTERNAL where the thread crashed */
  run(job: Job, listener: JobListener): Promise<JobResult> {
    if (this.#death) return Promise.reject(this.#death)
    const id = ++this.#jobs
    // A process does not end while a job runs, nor is it kept alive by a thread that has none.
    this.#worker.ref()
    return new Promise<JobResult>((resolve, reject) => {
      this.#current = { id, ...listener, resolve, reject }
      this.#post({ type: 'start', id, job })
    }).finally(() => {
      this.#current = undefined
      this.#worker.unref()
    })
  }

  /** Tells the present job how far its blob has come. */
  grown({ length, final }: Growth): void {
    if (this.#current) this.#post({ type: 'grown', id: this.#current.id, length, final })
  }

  /** Asks the present job to stop; its `run` settles when everything is closed. */
  cancel(): void {
    if (this.#current) this.#post({ type: 'cancel', id: this.#current.id })
  }

  /** Ends the thread. Resolves when it is gone, and its descriptors with it. */
  async stop(): Promise<void> {
    this.#alive = false
    this.#worker.ref()
    // Node leaks the descriptor of a module that is being read when its thread is ended.
    await this.#loaded
    await this.#worker.terminate()
    await this.#ended
  }

  #post(request: Request): void {
    this.#worker.postMessage(request)
  }

  #hear(response: Response): void {
    if (response.type === 'loaded') {
      this.#load()
      return
    }
    const current = this.#current
    if (current?.id !== response.id) return
    if (response.type === 'progress') current.onProgress(response.bytes)
    else if (response.type === 'warning') current.onWarning(response.code, response.message)
    else if (response.type === 'done') current.resolve(response.result)
    else current.reject(WindlassError.from(response.error))
  }

  #die(cause: unknown): void {
    this.#alive = false
    this.#death ??= deathOf(cause)
    this.#current?.reject(this.#death)
  }
}

/** The limit of processes counts threads as well: EAGAIN of pthread_create(3). */
function deathOf(cause: unknown): WindlassError {
  const said = cause instanceof Error ? cause.message : String(cause)
  if (!said.includes('EAGAIN'))
    return new WindlassError('INTERNAL', `The unpack worker crashed: ${said}`, { cause })
  return new WindlassError(
    'INTERNAL',
    'Starting a thread to unpack in: the system gives no more threads (EAGAIN)',
    {
      cause,
      hint: 'Raise the limit of processes (ulimit -u), end some, or use fewer threads with --max-unpacks.',
    },
  )
}
