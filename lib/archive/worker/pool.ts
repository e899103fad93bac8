/**
 * Unpacks layers in a limited number of worker threads. Threads are started on demand and reused, do not keep the
 * process alive while idle, and are replaced when they crash. Jobs wait in order.
 */
import { availableParallelism } from 'node:os'
import { from, type ObservableInput } from 'rxjs'
import { WindlassError } from '../../errors.js'
import { limitsWith, type Limits } from '../../limits.js'
import { EntryReceiver, type EntrySink } from '../entries/entry-receiver.js'
import type {
  BlobTask,
  CheckResult,
  CheckTask,
  Expectations,
  FlattenResult,
  FlattenTask,
  Growth,
  JobResult,
  ReadResult,
  ReadTask,
  UnpackResult,
  Work,
} from './task.js'
import { UnpackThread } from './unpack-thread.js'

/** An `unpack` task. */
export interface UnpackTask extends BlobTask {
  /**
   * The growth of the blob while it is being written: emits on each change and ends with `final`. If it fails,
   * unpacking stops and fails with the same error.
   */
  readonly growth?: ObservableInput<Growth> | undefined
}

/** Options of a job. */
export interface UnpackOptions {
  /** Cancels the job. The promise rejects when everything is closed. The directory is not removed. */
  readonly signal?: AbortSignal | undefined
  /** Receives the number of compressed bytes read so far, at most about ten times a second. */
  readonly onProgress?: ((bytes: number) => void) | undefined
  /** Called once per layer for each kind of thing that cannot be created. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
  /**
   * Receives the entries of the layer in order while they are unpacked, before the blob is verified. The slower of the two
   * sets the pace. The promise resolves after the last entry, and rejects with the error of the sink.
   */
  readonly onEntry?: EntrySink | undefined
}

/** Options of a job that only reads. */
export interface ReadOptions extends Pick<UnpackOptions, 'signal' | 'onProgress'> {
  /** Receives the entries of the layer in order. */
  readonly onEntry: EntrySink
}

/** A pool of unpack threads. */
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
   * @param options.workers the number of concurrent jobs, at least 1
   * @param options.limits overrides of the default limits
   */
  constructor({ workers, limits }: { readonly workers: number; readonly limits?: Partial<Limits> }) {
    this.#size = Math.max(1, Math.floor(workers))
    this.#limits = limitsWith(limits)
  }

  /**
   * Unpacks one blob.
   * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, LAYER_INVALID, LIMIT_EXCEEDED, STORE_*,
   * CANCELLED; INTERNAL when a thread crashes or cannot be started
   */
  async unpack({ growth, ...task }: UnpackTask, options: UnpackOptions = {}): Promise<UnpackResult> {
    const { path, into, whiteouts, expected, algorithm, owner } = task
    const job: Work = {
      kind: 'unpack',
      task: { path, into, whiteouts, owner, algorithm, expected: expected && transferable(expected) },
      growing: growth !== undefined,
    }
    // The kind of the result matches the kind of the job.
    return (await this.#run(job, options, growth)) as UnpackResult
  }

  /**
   * Passes the entries of a layer to `onEntry`; nothing is unpacked. The blob has the entries as they stand in the archive.
   * A tree has each path once, a directory before its content and names in byte order.
   * @throws WindlassError as `unpack`; the error of the sink
   */
  read({ layer }: ReadTask, options: ReadOptions): Promise<ReadResult> {
    const expected = layer.kind === 'blob' ? layer.expected : undefined
    const task = { layer: expected ? { ...layer, expected: transferable(expected) } : layer } as ReadTask
    return this.#run({ kind: 'read', task }, options, undefined) as Promise<ReadResult>
  }

  /** Unpacks layers, base first, into one tree. @throws WindlassError as `unpack` */
  flatten(task: FlattenTask, options: Omit<UnpackOptions, 'onEntry'> = {}): Promise<FlattenResult> {
    const layers = task.layers.map((layer) =>
      layer.kind === 'blob' && layer.expected ? { ...layer, expected: transferable(layer.expected) } : layer,
    )
    const job: Work = { kind: 'flatten', task: { into: task.into, layers } }
    return this.#run(job, options, undefined) as Promise<FlattenResult>
  }

  /** Compares a tree with its blob. @throws WindlassError as `unpack` */
  check({ expected, ...task }: CheckTask, { signal }: UnpackOptions = {}): Promise<CheckResult> {
    const { path, tree, form, scratch } = task
    const job: Work = { kind: 'check', task: { path, tree, form, scratch, expected: transferable(expected) } }
    return this.#run(job, { signal }, undefined) as Promise<CheckResult>
  }

  /** Starts threads for `jobs` jobs in advance: loading a thread takes longer than unpacking many layers. */
  ready(jobs: number): void {
    while (this.#threads.size < Math.min(jobs, this.#size) && !this.#closing.signal.aborted) {
      const thread = new UnpackThread()
      this.#threads.add(thread)
      this.#idle.push(thread)
    }
  }

  /** Cancels all jobs and resolves when all threads have ended. */
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
    { signal, onProgress, onWarning, onEntry }: UnpackOptions,
    growth: ObservableInput<Growth> | undefined,
  ): Promise<JobResult> {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal
    await this.#slot(stop)
    const thread = this.#take()
    let growthFailure: { readonly error: unknown } | undefined
    const receiver = onEntry && new EntryReceiver(onEntry, thread)
    const cancel = (reason: unknown): void => {
      thread.cancel()
      void receiver?.abort(reason)
    }
    const onStop = (): void => cancel(stop.reason)
    try {
      const spare = this.#busy < availableParallelism()
      const done = thread.run(
        { ...job, limits: this.#limits, spare, entries: receiver !== undefined },
        {
          onProgress: onProgress ?? (() => undefined),
          onWarning: onWarning ?? (() => undefined),
          onEntries: receiver && ((batch) => receiver.receive(batch)),
        },
      )
      stop.addEventListener('abort', onStop)
      // The signal may have aborted before the listener was added.
      if (stop.aborted) onStop()
      const growing =
        growth &&
        from(growth).subscribe({
          next: (length) => thread.grown(length),
          error: (error: unknown) => {
            growthFailure = { error }
            cancel(error)
          },
        })
      const result = await done.finally(() => growing?.unsubscribe())
      await receiver?.finish()
      if (receiver && stop.aborted) throw cancelled(stop)
      return result
    } catch (error) {
      await receiver?.abort(error)
      if (stop.aborted) throw cancelled(stop)
      const first = growthFailure ?? receiver?.failure
      throw first === undefined ? error : first.error
    } finally {
      stop.removeEventListener('abort', onStop)
      this.#giveBack(thread)
    }
  }

  /** Waits for a free slot. Rejects when `stop` aborts. */
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

  #giveBack(thread: UnpackThread): void {
    this.#busy--
    if (thread.alive) this.#idle.push(thread)
    else this.#threads.delete(thread)
    this.#waiting.shift()?.()
  }
}

/** Returns only the properties that threads need; a descriptor has more. */
function transferable(expected: Expectations): Expectations {
  const layer = expected.diffID === undefined ? {} : { diffID: expected.diffID }
  return expected.digest === undefined ? layer : { digest: expected.digest, size: expected.size, ...layer }
}

function cancelled(stop: AbortSignal): WindlassError {
  const reason: unknown = stop.reason
  if (reason instanceof WindlassError) return reason
  return new WindlassError('CANCELLED', 'The unpacking was cancelled', { cause: reason })
}
