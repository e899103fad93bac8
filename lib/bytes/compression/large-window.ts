/**
 * Allows only one zstd decoder of the process at a time to use a window of more than 32 MiB; other decoders wait.
 * Otherwise each unpack thread, one per processor, might need 128 MiB.
 */
import { setTimeout } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

/** Windows up to this size need no permission. */
const maxFreeWindow = 2 ** 25
/** Milliseconds between two attempts to get permission. */
const retryInterval = 20

/** Shared memory that identifies the thread with the permission: its thread id plus one, or 0 for none. */
let holder = new Int32Array(new SharedArrayBuffer(4))

/** Returns the memory that all threads share. Pass it to `shareLargeWindows` in each thread. */
export const largeWindows = (): SharedArrayBuffer => holder.buffer

/** Makes this thread share the permission with all threads that use the memory `shared`. */
export function shareLargeWindows(shared: SharedArrayBuffer): void {
  holder = new Int32Array(shared)
}

/** Releases the permission of `thread`, if it has it. For threads that have ended. */
export function releaseLargeWindowOf(endedThreadId: number): void {
  Atomics.compareExchange(holder, 0, endedThreadId + 1, 0)
}

/** Requests and releases the permission for one decoder. */
export class LargeWindow {
  #isHeld = false
  #maxWindow = 0

  /** Records the start of a frame with a window of `window` bytes. */
  recordWindow(window: number): void {
    this.#maxWindow = Math.max(this.#maxWindow, window)
  }

  /** Resolves when the decoder may use the recorded windows, or when `isOver` returns true. */
  async acquire(isOver: () => boolean): Promise<void> {
    while (!this.#isHeld && this.#maxWindow > maxFreeWindow && !isOver()) {
      this.#isHeld = Atomics.compareExchange(holder, 0, 0, threadId + 1) === 0
      if (!this.#isHeld) await setTimeout(retryInterval)
    }
  }

  /** Releases the permission. Call it after the memory of the decoder is freed. */
  release(): void {
    if (this.#isHeld) releaseLargeWindowOf(threadId)
    this.#isHeld = false
  }
}
