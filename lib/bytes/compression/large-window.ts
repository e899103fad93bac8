/**
 * Lets one zstd decoder of the process at a time have a window of more than 32 MiB: each thread that unpacks may ask for
 * 128 MiB, and there are as many threads as processors. The others wait for their turn.
 */
import { setTimeout } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'

/** Windows up to this size are not waited for. */
const ordinaryWindow = 2 ** 25
/** Milliseconds between two looks at whether it is somebody's turn. */
const lookAgain = 20

/** Who has a large window: 0 for nobody, else the number of the thread and one. */
let holder = new Int32Array(new SharedArrayBuffer(4))

/** What other threads have to be told, so that they wait for this one: `shareLargeWindows` in each. */
export const largeWindows = (): SharedArrayBuffer => holder.buffer

/** Takes turns with the threads that have the same `shared`. */
export function shareLargeWindows(shared: SharedArrayBuffer): void {
  holder = new Int32Array(shared)
}

/** Ends the turn of a thread that cannot say so any more. */
export function endTurnOf(thread: number): void {
  Atomics.compareExchange(holder, 0, thread + 1, 0)
}

/** Of one decoder. */
export class LargeWindow {
  #held = false
  #max = 0

  /** A frame with a window of so many bytes begins. */
  note(window: number): void {
    this.#max = Math.max(this.#max, window)
  }

  /** Resolves when the decoder may have what was noted, or nobody waits for that any more. */
  async turn(isOver: () => boolean): Promise<void> {
    while (!this.#held && this.#max > ordinaryWindow && !isOver()) {
      this.#held = Atomics.compareExchange(holder, 0, 0, threadId + 1) === 0
      if (!this.#held) await setTimeout(lookAgain)
    }
  }

  /** When the memory is free. */
  release(): void {
    if (this.#held) endTurnOf(threadId)
    this.#held = false
  }
}
