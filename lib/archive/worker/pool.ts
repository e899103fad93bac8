/**
 * Unpacks layers in worker threads. An `Actor` limits the number of jobs that run at the same time; further jobs wait
 * in its queue. A turn of the actor is the execution of one job.
 */
import { availableParallelism } from 'node:os'
import { Subscription, from, type ObservableInput } from 'rxjs'
import { WindlassError } from '../../errors.js'
import { FairSlices } from '../../flow/control/fair-slices.js'
import { Actor, type Priority, Scope, type Turn, untilAborted } from '../../flow/index.js'
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
import type { JobRunner } from './job-runner.js'
import { RunHere } from './run-here.js'
import { UnpackThreads } from './threads.js'

/**
 * Total size in bytes of the blobs that a pool unpacks in the calling thread before it starts threads. A thread takes
 * longer to start than such layers take to unpack; a program that unpacks more is served better by threads.
 */
const smallBytes = 8 * 1024 * 1024

/** An `unpack` task. */
export interface UnpackTask extends BlobTask {
  /**
   * Emits the length of the blob while the blob is being written; the last value is `final`. If it errors, unpacking
   * stops and fails with the same error.
   */
  readonly growth?: ObservableInput<Growth> | undefined
}

/** Options of a job. */
export interface UnpackJobOptions {
  /**
   * Reports whether the job can run without waiting for more of its blob. Within a group, such jobs go first. Called
   * when a thread is free. Default: true.
   */
  readonly isReady?: (() => boolean) | undefined
  /** Priority of the job; higher numbers go first (0). A function is called when a thread is free. */
  readonly priority?: Priority | undefined
  /** The group of the job. Groups share the threads fairly. All jobs without a group form one group. */
  readonly group?: object | undefined
  /**
   * Is called when a group without a thread waits for the one of this job, which waits for more of its blob. The job is
   * then to be cancelled, and to be requested again.
   */
  readonly onWanted?: (() => void) | undefined
  /** Cancels the job. Its promise rejects after everything is closed. The directory is not removed. */
  readonly signal?: AbortSignal | undefined
  /** Receives the number of compressed bytes read so far, at most about ten times a second. */
  readonly onProgress?: ((bytes: number) => void) | undefined
  /** Called at most once per layer for each code: see `warningCodes`. */
  readonly onWarning?: ((code: string, message: string) => void) | undefined
  /**
   * Receives the entries of the layer in order while they are unpacked, before the blob is verified. Unpacking waits
   * for a slow sink. The promise of the job resolves after the last entry, and rejects with the error of the sink.
   */
  readonly onEntry?: EntrySink | undefined
  /** Size of the blob in bytes. The first few bytes of a pool are unpacked in the calling thread, without a thread. */
  readonly size?: number | undefined
}

/** Options of a job that only reads. */
export interface ReadJobOptions extends Pick<
  UnpackJobOptions,
  'signal' | 'onProgress' | 'priority' | 'group'
> {
  /** Receives the entries of the layer in order. */
  readonly onEntry: EntrySink
}

/** A job, with the parts that stay in this thread. */
interface PoolJob {
  readonly work: Work
  readonly growth?: ObservableInput<Growth> | undefined
  readonly options: UnpackJobOptions
  /** Is called when the job gets a thread. */
  readonly onStart?: () => void
}

/** Options of an `UnpackPool`. */
export interface UnpackPoolOptions {
  /** The number of concurrent jobs, at least 1. */
  readonly workers: number
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits>
}

/** A pool of unpack threads. */
export class UnpackPool {
  readonly #limits: Limits
  readonly #threads = new UnpackThreads()
  readonly #slices = new FairSlices()
  /** Total size in bytes of the blobs that were unpacked in this thread, and of those that `ready` was told about. */
  #bytesHere = 0
  #bytesAnnounced = 0
  readonly #actor: Actor<PoolJob, JobResult>

  /** Starts no thread before the first job. */
  constructor({ workers, limits }: UnpackPoolOptions) {
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
  async unpack({ growth, ...task }: UnpackTask, options: UnpackJobOptions = {}): Promise<UnpackResult> {
    const { path, into, whiteouts, expected, algorithm, owner } = task
    const work: Work = {
      kind: 'unpack',
      task: { path, into, whiteouts, owner, algorithm, expected: expected && toTransferable(expected) },
      growing: growth !== undefined,
    }
    // The kind of the result matches the kind of the job.
    return (await this.#run({ work, growth, options })) as UnpackResult
  }

  /**
   * Passes the entries of a layer to `onEntry` and unpacks nothing. For a blob, the entries are those of the archive.
   * For a directory, each path occurs once, a directory precedes its content, and names are in byte order.
   * @throws WindlassError as `unpack`; the error of the sink
   */
  read({ layer }: ReadTask, options: ReadJobOptions): Promise<ReadResult> {
    const expected = layer.kind === 'blob' ? layer.expected : undefined
    const task = { layer: expected ? { ...layer, expected: toTransferable(expected) } : layer } as ReadTask
    return this.#run({ work: { kind: 'read', task }, options }) as Promise<ReadResult>
  }

  /** Unpacks layers, base first, into one tree. @throws WindlassError as `unpack` */
  flatten(task: FlattenTask, options: Omit<UnpackJobOptions, 'onEntry'> = {}): Promise<FlattenResult> {
    const layers = task.layers.map((layer) =>
      layer.kind === 'blob' && layer.expected
        ? { ...layer, expected: toTransferable(layer.expected) }
        : layer,
    )
    const work: Work = { kind: 'flatten', task: { into: task.into, layers } }
    return this.#run({ work, options }) as Promise<FlattenResult>
  }

  /** Compares a tree with its blob. @throws WindlassError as `unpack` */
  check({ expected, ...task }: CheckTask, options: UnpackJobOptions = {}): Promise<CheckResult> {
    const { path, tree, form, scratch } = task
    const work: Work = {
      kind: 'check',
      task: { path, tree, form, scratch, expected: toTransferable(expected) },
    }
    return this.#run({ work, options }) as Promise<CheckResult>
  }

  /**
   * Starts threads for `jobs` jobs in advance, because starting a thread takes longer than unpacking a small layer. If
   * a thread cannot be started, the job that needs it fails with the reason.
   * @param bytes total size of the blobs of these jobs; no thread is started until a pool has been told about many
   */
  ready(jobs: number, bytes = Infinity): void {
    this.#bytesAnnounced += bytes
    if (this.#bytesAnnounced <= smallBytes) return
    this.#threads.ready(Math.min(jobs, this.#actor.slots))
  }

  /** Changes the number of concurrent jobs. Running jobs go on. */
  resize(workers: number): void {
    this.#actor.resize(Math.max(1, Math.floor(workers)))
  }

  /** Number of jobs that run, and of jobs that wait for a thread. */
  get load(): { readonly active: number; readonly waiting: number } {
    return this.#actor.load
  }

  /** Cancels all jobs and resolves when all threads have ended. */
  async close(): Promise<void> {
    this.#actor.stop(new WindlassError('CANCELLED', 'The unpack workers were closed'))
    await this.#actor.scope.close()
    await this.#threads.close()
  }

  /** Asks the actor to execute a job. Settles when everything that the job opened is closed. */
  async #run(job: PoolJob): Promise<JobResult> {
    const { signal = new AbortController().signal, priority, group, isReady, onWanted } = job.options
    const scope = new Scope()
    const slice = this.#slices.add({
      group,
      priority: () => (typeof priority === 'function' ? priority() : (priority ?? 0)),
      canInterrupt: () => onWanted !== undefined && isReady?.() === false,
      interrupt: () => onWanted?.(),
    })
    const subscription = new Subscription()
    try {
      signal.throwIfAborted()
      const result = new Promise<JobResult>((resolve, reject) => {
        subscription.add(
          this.#actor
            .ask({ ...job, onStart: slice.begin }, scope, { priority })
            .subscribe({ next: resolve, error: reject }),
        )
      })
      return await untilAborted(result, signal)
    } catch (error) {
      throw signal.aborted ? cancellationError(signal) : error
    } finally {
      subscription.unsubscribe()
      slice.end()
      await scope.close()
    }
  }

  async #execute({ work, growth, options, onStart }: PoolJob, { signal }: Turn): Promise<JobResult> {
    onStart?.()
    const { onProgress = () => undefined, onWarning = () => undefined, onEntry } = options
    const spare = this.#actor.load.active < availableParallelism()
    const bytesHere = this.#bytesHereOf(work, options)
    const thread = bytesHere === undefined ? this.#threads.take() : undefined
    const runner: JobRunner = thread ?? new RunHere()
    this.#bytesHere += bytesHere ?? 0
    // Entries come from threads only, see `#bytesHereOf`.
    const receiver = onEntry && thread && new EntryReceiver(onEntry, thread)
    const growthSubscription = new Subscription()
    let growthFailure: { readonly error: unknown } | undefined
    const cancel = (reason: unknown): void => {
      runner.cancel()
      void receiver?.abort(reason)
    }
    const onAbort = (): void => cancel(signal.reason)
    signal.addEventListener('abort', onAbort)
    try {
      const done = runner.run(
        { ...work, limits: this.#limits, spare, entries: receiver !== undefined },
        { onProgress, onWarning, onEntries: receiver && ((batch) => receiver.receive(batch)) },
      )
      if (growth)
        growthSubscription.add(
          from(growth).subscribe({
            next: (length) => runner.reportGrowth(length),
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
      const cause = signal.aborted ? undefined : (growthFailure ?? receiver?.failure)
      throw cause === undefined ? error : cause.error
    } finally {
      growthSubscription.unsubscribe()
      signal.removeEventListener('abort', onAbort)
      if (thread) this.#threads.giveBack(thread)
    }
  }

  /** Returns the size of the blob of a job that is to run in this thread; undefined for a job that needs a thread. */
  #bytesHereOf({ kind }: Work, { onEntry, size = Infinity }: UnpackJobOptions): number | undefined {
    const isFew = this.#bytesHere + size <= smallBytes
    return kind === 'unpack' && onEntry === undefined && isFew && this.#threads.isEmpty ? size : undefined
  }
}

/** Returns the index of the first job that does not wait for its blob; 0 if all wait. */
const pickReady = (waiting: readonly PoolJob[]): number =>
  Math.max(
    0,
    waiting.findIndex(({ options: { isReady } }) => isReady?.() ?? true),
  )

/** Returns only the properties that threads need. `expected` may be a descriptor, which has more. */
function toTransferable(expected: Expectations): Expectations {
  const layer = expected.diffID === undefined ? {} : { diffID: expected.diffID }
  return expected.digest === undefined ? layer : { digest: expected.digest, size: expected.size, ...layer }
}

function cancellationError(stop: AbortSignal): WindlassError {
  const reason: unknown = stop.reason
  if (reason instanceof WindlassError) return reason
  return new WindlassError('CANCELLED', 'The unpacking was cancelled', { cause: reason })
}
