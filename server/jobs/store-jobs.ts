/** Runs the operations on the store that take a while: one collection or verification at a time. */
import { randomUUID } from 'node:crypto'
import type { TaskRecord } from '../../lib/api/shapes.js'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import type { Windlass } from '../../puller/index.js'
import type { Feed } from '../feed/feed.js'

/** Number of ended tasks that are remembered. */
const maxEnded = 20

/** Milliseconds between two reports of progress. */
const reportInterval = 250

/** The tasks of one server. */
export class StoreJobs {
  #tasks: readonly TaskRecord[] = []
  readonly #stop = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #reportedAt = 0

  constructor(
    private readonly windlass: Windlass,
    private readonly feed: Feed,
  ) {}

  /** The running task and the last ended ones, in the order of their start. */
  get records(): TaskRecord[] {
    return [...this.#tasks]
  }

  /** Returns a task. @throws PULL_UNKNOWN */
  get(id: string): TaskRecord {
    const task = this.#tasks.find((each) => each.id === id)
    if (!task) throw new WindlassError('PULL_UNKNOWN', `This server has no task ${id}`)
    return task
  }

  /** Starts a task. While one of that kind runs, returns that one. */
  start(kind: TaskRecord['kind']): TaskRecord {
    const same = this.#tasks.find((task) => task.kind === kind && task.state === 'running')
    if (same) return same
    const task: TaskRecord = { id: randomUUID(), kind, state: 'running', startedAt: Date.now() }
    this.#report(task)
    const work = () => (kind === 'collect' ? this.#collect(task) : this.#verify(task))
    this.#running = this.#running.then(work).then(
      (result) => this.#end(task, { state: 'done', ...result }),
      (caught: unknown) => {
        const { code, message } = asWindlassError(caught)
        this.#end(task, { state: 'failed', error: { code, message } })
      },
    )
    return task
  }

  /** Ends the running task. */
  async close(): Promise<void> {
    this.#stop.abort(new WindlassError('CANCELLED', 'The server is shutting down'))
    await this.#running
  }

  async #collect(task: TaskRecord): Promise<Partial<TaskRecord>> {
    const { bytes, removed } = await this.windlass.collect({
      onProgress: (progress) => this.#reportOften({ ...task, ...progress }),
    })
    return { bytes, done: removed.length, total: removed.length }
  }

  async #verify(task: TaskRecord): Promise<Partial<TaskRecord>> {
    const { blobs, bytes, problems } = await this.windlass.verify({
      signal: this.#stop.signal,
      onProgress: ({ done, total }) => this.#reportOften({ ...task, done, total }),
    })
    return {
      bytes,
      done: blobs,
      total: blobs,
      problems: problems.map(({ kind, path, why }) => `${kind} ${path}: ${why}`),
    }
  }

  #end(task: TaskRecord, result: Partial<TaskRecord>): void {
    this.#report({ ...task, ...result, endedAt: Date.now() })
    this.feed.append({ type: 'images', at: Date.now() })
  }

  /** Reports progress, but at most every 250 ms: a store may have thousands of items. */
  #reportOften(task: TaskRecord): void {
    const now = Date.now()
    if (now - this.#reportedAt < reportInterval) return
    this.#reportedAt = now
    this.#report(task)
  }

  #report(task: TaskRecord): void {
    const others = this.#tasks.filter(({ id }) => id !== task.id)
    const ended = others.filter(({ state }) => state !== 'running').slice(-maxEnded)
    this.#tasks = [...others.filter(({ state }) => state === 'running'), ...ended, task]
    this.feed.append({ type: 'task', at: Date.now(), task })
  }
}
