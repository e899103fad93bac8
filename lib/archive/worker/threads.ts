/**
 * Manages the worker threads that unpack. Threads are started on demand, reused, and replaced when they crash. Idle
 * threads do not keep the process alive. The caller decides how many are used at a time.
 */
import { UnpackThread } from './unpack-thread.js'

/** The threads of a pool. */
export class UnpackThreads {
  readonly #threads = new Set<UnpackThread>()
  readonly #idle: UnpackThread[] = []
  #closed = false

  /** Starts threads until there are `count`. If one cannot be started, the job that needs it reports the reason. */
  ready(count: number): void {
    while (this.#threads.size < count && !this.#closed)
      try {
        this.#idle.push(this.#start())
      } catch {
        return
      }
  }

  /** Whether no thread has been started. */
  get isEmpty(): boolean {
    return this.#threads.size === 0
  }

  /** Returns an idle thread, or a new one. Pass it to `giveBack` after its job. */
  take(): UnpackThread {
    const idle = this.#idle.pop()
    if (idle?.isAlive === true) return idle
    if (idle) this.#threads.delete(idle)
    return this.#start()
  }

  /** Makes a thread available to the next job, unless it has crashed. */
  giveBack(thread: UnpackThread): void {
    if (thread.isAlive) this.#idle.push(thread)
    else this.#threads.delete(thread)
  }

  /** Ends all threads, and resolves when they have ended. Starts no thread in advance any more. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#threads].map((thread) => thread.stop()))
    this.#threads.clear()
  }

  #start(): UnpackThread {
    const thread = new UnpackThread()
    this.#threads.add(thread)
    return thread
  }
}
