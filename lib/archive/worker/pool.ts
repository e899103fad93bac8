/**
 * Unpacks layers in worker threads, so many at once. Threads start when there is work, are used again, keep no process
 * alive while idle, and are replaced when they crash. What waits, waits in the order it came.
 */
import { availableParallelism } from 'node:os'
import { from, type ObservableInput } from 'rxjs'
import { WindlassError } from '../../errors.js'
import { limitsWith, type Limits } from '../../limits.js'
import type {
  BlobTask,
  CheckResult,
  CheckTask,
  Expectations,
  FlattenResult,
  FlattenTask,
  Growth,
  JobResult,
  UnpackResult,
  Work,
} from './task.js'
import { UnpackThread } from './unpack-thread.js'

export interface UnpackTask extends BlobTask {
  /**
   * Given while the blob is still being written: how far it has come, each time that changes, ending with `final`. Where
   * it fails, the unpacking is stopped and fails with the same.
   */
  readonly growth?: ObservableInput<Growth> | undefined
}

export interface UnpackOptions {
  /** Stops the work; the promise rejects when all of it is closed. The directory stays: it is the caller's. */
  readonly signal?: AbortSignal | undefined
  /** Compressed bytes read so far, at most about ten times a second. */
  readonly onProgress?: ((bytes: number) => void) | undefined
  /** Told once a layer of each kind of thing that could not be made. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
}

export class UnpackPool {
  readonly #size: number
  readonly #limits: Limits
  readonly #threads = new Set<UnpackThread>()
  readonly #idle: UnpackThread[] = []
  readonly #waiting: (() => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  #busy = 0

  /**
   * @param options.workers how many layers are unpacked at once, at least 1
   * @param options.limits other than the defaults
   */
  constructor({ workers, limits }: { readonly workers: number; readonly limits?: Partial<Limits> }) {
    this.#size = Math.max(1, Math.floor(workers))
    this.#limits = limitsWith(limits)
  }

  /**
   * Unpacks one blob.
   * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, LAYER_INVALID, LIMIT_EXCEEDED, STORE_*, CANCELLED
   */
  async unpack({ growth, ...task }: UnpackTask, options: UnpackOptions = {}): Promise<UnpackResult> {
    const { path, into, whiteouts, expected, algorithm, owner } = task
    const job: Work = {
      kind: 'unpack',
      task: { path, into, whiteouts, owner, algorithm, expected: expected && picked(expected) },
      growing: growth !== undefined,
    }
    // What comes back is what the job is for.
    return (await this.#run(job, options, growth)) as UnpackResult
  }

  /** Puts layers, base first, together into one tree. @throws as `unpack` */
  flatten(task: FlattenTask, options: UnpackOptions = {}): Promise<FlattenResult> {
    const layers = task.layers.map((layer) =>
      layer.kind === 'blob' && layer.expected ? { ...layer, expected: picked(layer.expected) } : layer,
    )
    const job: Work = { kind: 'flatten', task: { into: task.into, layers } }
    return this.#run(job, options, undefined) as Promise<FlattenResult>
  }

  /** Holds a tree against its blob. @throws as `unpack`, and what the file system says of the tree */
  check({ expected, ...task }: CheckTask, { signal }: UnpackOptions = {}): Promise<CheckResult> {
    const { path, tree, form, scratch } = task
    const job: Work = { kind: 'check', task: { path, tree, form, scratch, expected: picked(expected) } }
    return this.#run(job, { signal }, undefined) as Promise<CheckResult>
  }

  /** Starts threads for so many jobs that are about to come: loading takes them longer than many a layer. */
  ready(jobs: number): void {
    while (this.#threads.size < Math.min(jobs, this.#size) && !this.#closing.signal.aborted) {
      const thread = new UnpackThread()
      this.#threads.add(thread)
      this.#idle.push(thread)
    }
  }

  /** Cancels what runs and waits, and resolves when all threads are gone. */
  async close(): Promise<void> {
    this.#closing.abort(new WindlassError('CANCELLED', 'The unpack workers were closed'))
    await Promise.allSettled(this.#running)
    await Promise.all([...this.#threads].map((thread) => thread.stop()))
    this.#threads.clear()
  }

  #run(job: Work, options: UnpackOptions, growth: ObservableInput<Growth> | undefined): Promise<JobResult> {
    const running = this.#inThread(job, options, growth)
    this.#running.add(running)
    void running.catch(() => undefined).finally(() => this.#running.delete(running))
    return running
  }

  async #inThread(
    job: Work,
    { signal, onProgress, onWarning }: UnpackOptions,
    growth: ObservableInput<Growth> | undefined,
  ): Promise<JobResult> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    await this.#slot(stop)
    const thread = this.#take()
    let broken: { readonly error: unknown } | undefined
    const cancel = (): void => thread.cancel()
    try {
      const spare = this.#busy < availableParallelism()
      const done = thread.run(
        { ...job, limits: this.#limits, spare },
        {
          onProgress: onProgress ?? (() => undefined),
          onWarning: onWarning ?? (() => undefined),
        },
      )
      stop.addEventListener('abort', cancel)
      // It may have been aborted between getting the slot and now: then nobody hears of it any more.
      if (stop.aborted) cancel()
      const growing =
        growth &&
        from(growth).subscribe({
          next: (length) => thread.grown(length),
          error: (error: unknown) => {
            broken = { error }
            thread.cancel()
          },
        })
      return await done.finally(() => growing?.unsubscribe())
    } catch (error) {
      if (stop.aborted) throw cancelled(stop)
      throw broken === undefined ? error : broken.error
    } finally {
      stop.removeEventListener('abort', cancel)
      this.#give(thread)
    }
  }

  /** Waits for its turn, or for `stop`. */
  #slot(stop: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        stop.removeEventListener('abort', leave)
        this.#busy++
        resolve()
      }
      const leave = (): void => {
        const place = this.#waiting.indexOf(start)
        if (place >= 0) this.#waiting.splice(place, 1)
        reject(cancelled(stop))
      }
      if (stop.aborted) leave()
      else if (this.#busy < this.#size) start()
      else {
        this.#waiting.push(start)
        stop.addEventListener('abort', leave, { once: true })
      }
    })
  }

  #take(): UnpackThread {
    const idle = this.#idle.pop()
    if (idle?.alive === true) return idle
    if (idle) this.#threads.delete(idle)
    const thread = new UnpackThread()
    this.#threads.add(thread)
    return thread
  }

  #give(thread: UnpackThread): void {
    this.#busy--
    if (thread.alive) this.#idle.push(thread)
    else this.#threads.delete(thread)
    this.#waiting.shift()?.()
  }
}

/** Only what crosses to a thread: a descriptor has more. */
function picked(expected: Expectations): Expectations {
  const layer = expected.diffID === undefined ? {} : { diffID: expected.diffID }
  return expected.digest === undefined ? layer : { digest: expected.digest, size: expected.size, ...layer }
}

function cancelled(stop: AbortSignal): WindlassError {
  const reason: unknown = stop.reason
  if (reason instanceof WindlassError) return reason
  return new WindlassError('CANCELLED', 'The unpacking was cancelled', { cause: reason })
}
