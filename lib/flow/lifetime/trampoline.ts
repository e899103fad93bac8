/** Provides `trampoline`, which turns recursion through callbacks into a loop. */

/**
 * Returns a function that calls `round`. If it is called again while `round` runs, `round` runs once more after it has
 * returned. RxJS delivers synchronously, so a reader that requests an element while it receives one would otherwise
 * grow the stack with every element.
 */
export function trampoline(round: () => void): () => void {
  let calls = 0
  return () => {
    if (calls++ > 0) return
    try {
      do {
        calls = 1
        round()
      } while (calls > 1)
    } finally {
      calls = 0
    }
  }
}
