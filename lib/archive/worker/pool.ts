/**
 * Unpacks layers in a limited number of worker threads. An actor in front of the threads is the limit: jobs wait in its
 * queue.
 */
import { availableParallelism } from 'node:os'
import { Subscription, from, type ObservableInput } from 'rxjs'
import { WindlassError } from '../../errors.js'
import { Actor, Scope, type Turn, untilAborted } from '../../flow/index.js'
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
import { UnpackThreads } from './threads.js'

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
  /**
   * Reports whether the job can run without waiting for more of its blob. Such jobs of a group go first. Called when a
   * thread is free. Default: yes.
   */
  readonly isReady?: (() => boolean) | undefined
  /** Group of the job: groups share the threads fairly. Jobs without one form a group. */
  readonly group?: object | undefined
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
export interface ReadOptions extends Pick<UnpackOptions, 'signal' | 'onProgress' | 'group'> {
  /** Receives the entries of the layer in order. */
  readonly onEntry: EntrySink
}

/** A job, and what this thread needs to execute it. */
interface PoolJob {
  readonly work: Work
  readonly growth?: ObservableInput<Growth> | undefined
  readonly options: UnpackOptions
}

/** A pool of unpack threads. */
export class UnpackPool {
  readonly #limits: Limits
  readonly #threads = new UnpackThreads()
  readonly #actor: Actor<PoolJob, JobResult>

  /**
   * @param options.workers the number of concurrent jobs, at least 1
   * @param options.limits overrides of the default limits
   */
  constructor({ workers, limits }: { readonly workers: number; readonly limits?: Partial<Limits> }) {
    this.#limits = limitsWith(limits)
    this.#actor = new Actor(() => (job: PoolJob, turn: Turn) => this.#execute(job, turn), {
      name: 'unpack-threads',
      slots: Math.max(1, Math.floor(workers)),
      pick: pickReady,
      group: ({ options }) => options.group,
    })
  }

  /**
   * Unpacks one blob.
   * @throws WindlassError DIGEST_MISMATCH, SIZE_MISMATCH, DIFF_ID_MISMATCH, LAYER_INVALID, LIMIT_EXCEEDED, STORE_*,
   * CANCELLED; INTERNAL when a thread crashes or cannot be started
   */
  async unpack({ growth, ...task }: UnpackTask, options: UnpackOptions = {}): Promise<UnpackResult> {
    const { path, into, whiteouts, expected, algorithm, owner } = task
    const work: Work = {
      kind: 'unpack',
      task: { path, into, whiteouts, owner, algorithm, expected: expected && transferable(expected) },
      growing: growth !== undefined,
    }
    // The kind of the result matches the kind of the job.
    return (await this.#run({ work, growth, options })) as UnpackResult
  }

  /**
   * Passes the entries of a layer to `onEntry`; nothing is unpacked. The blob has the entries as they stand in the archive.
   * A tree has each path once, a directory before its content and names in byte order.
   * @throws WindlassError as `unpack`; the error of the sink
   */
  read({ layer }: ReadTask, options: ReadOptions): Promise<ReadResult> {
    const expected = layer.kind === 'blob' ? layer.expected : undefined
    const task = { layer: expected ? { ...layer, expected: transferable(expected) } : layer } as ReadTask
    return this.#run({ work: { kind: 'read', task }, options }) as Promise<ReadResult>
  }

  /** Unpacks layers, base first, into one tree. @throws WindlassError as `unpack` */
  flatten(task: FlattenTask, options: Omit<UnpackOptions, 'onEntry'> = {}): Promise<FlattenResult> {
    const layers = task.layers.map((layer) =>
      layer.kind === 'blob' && layer.expected ? { ...layer, expected: transferable(layer.expected) } : layer,
    )
    const work: Work = { kind: 'flatten', task: { into: task.into, layers } }
    return this.#run({ work, options }) as Promise<FlattenResult>
  }

  /** Compares a tree with its blob. @throws WindlassError as `unpack` */
  check({ expected, ...task }: CheckTask, options: UnpackOptions = {}): Promise<CheckResult> {
    const { path, tree, form, scratch } = task
    const work: Work = {
      kind: 'check',
      task: { path, tree, form, scratch, expected: transferable(expected) },
    }
    return this.#run({ work, options }) as Promise<CheckResult>
  }

  /**
   * Starts threads for `jobs` jobs in advance: loading a thread takes longer than unpacking many layers. If one
   * cannot be started, the job that needs it reports the reason.
   */
  ready(jobs: number): void {
    this.#threads.ready(Math.min(jobs, this.#actor.slots))
  }

  /** Changes the number of concurrent jobs. Running jobs go on. */
  resize(workers: number): void {
    this.#actor.resize(Math.max(1, Math.floor(workers)))
  }

  /** Cancels all jobs and resolves when all threads have ended. */
  async close(): Promise<void> {
    this.#actor.stop(new WindlassError('CANCELLED', 'The unpack workers were closed'))
    await this.#actor.scope.close()
    await this.#threads.close()
  }

  /** Asks the actor to execute a job. Settles when everything that the job opened is closed. */
  async #run(job: PoolJob): Promise<JobResult> {
    const { signal = new AbortController().signal } = job.options
    const scope = new Scope()
    const asking = new Subscription()
    try {
      signal.throwIfAborted()
      const result = new Promise<JobResult>((resolve, reject) => {
        asking.add(this.#actor.ask(job, scope).subscribe({ next: resolve, error: reject }))
      })
      return await untilAborted(result, signal)
    } catch (error) {
      throw signal.aborted ? cancelled(signal) : error
    } finally {
      asking.unsubscribe()
      await scope.close()
    }
  }

  async #execute({ work, growth, options }: PoolJob, { signal }: Turn): Promise<JobResult> {
    const { onProgress = () => undefined, onWarning = () => undefined, onEntry } = options
    const spare = this.#actor.load.active < availableParallelism()
    const thread = this.#threads.take()
    const receiver = onEntry && new EntryReceiver(onEntry, thread)
    const watching = new Subscription()
    let growthFailure: { readonly error: unknown } | undefined
    const cancel = (reason: unknown): void => {
      thread.cancel()
      void receiver?.abort(reason)
    }
    const onAbort = (): void => cancel(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      const done = thread.run(
        { ...work, limits: this.#limits, spare, entries: receiver !== undefined },
        { onProgress, onWarning, onEntries: receiver && ((batch) => receiver.receive(batch)) },
      )
      if (growth)
        watching.add(
          from(growth).subscribe({
            next: (length) => thread.grown(length),
            error: (error: unknown) => {
              growthFailure = { error }
              cancel(error)
            },
          }),
        )
      const result = await done
      await receiver?.finish()
      signal.throwIfAborted()
      return result
    } catch (error) {
      await receiver?.abort(error)
      const first = signal.aborted ? undefined : (growthFailure ?? receiver?.failure)
      throw first === undefined ? error : first.error
    } finally {
      watching.unsubscribe()
      signal.removeEventListener('abort', onAbort)
      this.#threads.giveBack(thread)
    }
  }
}

/** Returns the index of the first job that does not wait for the network; 0 if all do. */
const pickReady = (waiting: readonly PoolJob[]): number =>
  Math.max(
    0,
    waiting.findIndex(({ options: { isReady } }) => isReady?.() ?? true),
  )

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
