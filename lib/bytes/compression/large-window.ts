/**
 * Allows only one zstd decoder of the process at a time to use a window of more than 32 MiB. Each unpack thread may
 * need 128 MiB, and there are as many threads as processors. The other decoders wait.
 */
import { setTimeout } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

/** Windows up to this size need no permission. */
const maxFreeWindow = 2 ** 25
/** Milliseconds between two attempts to get permission. */
const retryInterval = 20

/** Shared memory with the thread that holds the permission: its thread id plus one, or 0 for none. */
let holder = new Int32Array(new SharedArrayBuffer(4))

/** Returns the shared memory. Pass it to `shareLargeWindows` in each thread. */
export const largeWindows = (): SharedArrayBuffer => holder.buffer

/** Shares the permission with all threads that have the same `shared`. */
export function shareLargeWindows(shared: SharedArrayBuffer): void {
  holder = new Int32Array(shared)
}

/** Releases the permission that `thread` holds, if any. For threads that have ended. */
export function releaseLargeWindowOf(thread: number): void {
  Atomics.compareExchange(holder, 0, thread + 1, 0)
}

/** The permission for large windows of one decoder. */
export class LargeWindow {
  #held = false
  #max = 0

  /** Records the start of a frame with a window of `window` bytes. */
  recordWindow(window: number): void {
    this.#max = Math.max(this.#max, window)
  }

  /** Resolves when the decoder may use the recorded windows, or when `isOver` returns true. */
  async acquire(isOver: () => boolean): Promise<void> {
    while (!this.#held && this.#max > maxFreeWindow && !isOver()) {
      this.#held = Atomics.compareExchange(holder, 0, 0, threadId + 1) === 0
      if (!this.#held) await setTimeout(retryInterval)
    }
  }

  /** Releases the permission. Call it after the memory of the decoder is freed. */
  release(): void {
    if (this.#held) releaseLargeWindowOf(threadId)
    this.#held = false
  }
}
