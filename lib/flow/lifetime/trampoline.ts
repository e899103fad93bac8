/** Turns recursion through callbacks into a loop: RxJS delivers at once, so a reader that asks for more while it is given an element would grow the stack by one round an element. */

/** `turn`, safe to call from inside itself: nested calls become one further round of the outer loop. */
export function trampoline(turn: () => void): () => void {
  let calls = 0
  return () => {
    if (calls++ > 0) return
    try {
      do {
        calls = 1
        turn()
      } while (calls > 1)
    } finally {
      calls = 0
    }
  }
}
