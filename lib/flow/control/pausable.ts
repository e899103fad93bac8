/** Provides `pausable` and `pausableReplies`: work that a pause ends, and that begins again afterwards. */
import { Observable, Subscription } from 'rxjs'
import type { Control } from './control.js'

/**
 * Runs `work` while `control` is not paused. A pause aborts the signal of `work`; how it then ends does not matter, and it
 * is begun again once the pause is over. A result counts, also of work that a pause came too late for.
 *
 * @param control undefined if the work is never paused
 * @throws the error of `work`, or the reason of `signal`, also during a pause
 */
export async function pausable<T>(
  control: Control | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => PromiseLike<T>,
): Promise<T> {
  if (control === undefined) return work(signal)
  for (;;) {
    await whenRunning(control, signal)
    const attempt = new AbortController()
    const onAbort = (): void => attempt.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const watching = control.changes.subscribe(() => {
      if (control.paused) attempt.abort(new DOMException('The work was paused', 'AbortError'))
    })
    try {
      return await work(attempt.signal)
    } catch (error) {
      if (signal.aborted || !attempt.signal.aborted) throw error
    } finally {
      watching.unsubscribe()
      signal.removeEventListener('abort', onAbort)
    }
  }
}

/** Resolves when `control` is not paused. Rejects with the reason of `signal` when it is aborted first. */
function whenRunning(control: Control, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watching = new Subscription()
    const end = (settle: () => void): void => {
      watching.unsubscribe()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = (): void => end(() => reject(signal.reason))
    const look = (): void => {
      if (!control.paused) end(resolve)
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    watching.add(control.changes.subscribe(look))
    look()
  })
}

/**
 * Emits the replies of the requests that `ask` makes. A pause withdraws the request; `ask` is called again once the pause
 * is over. Completes and fails as the request does.
 *
 * @param control undefined if the work is never paused
 */
export function pausableReplies<T>(control: Control | undefined, ask: () => Observable<T>): Observable<T> {
  if (control === undefined) return ask()
  return new Observable((out) => {
    let request: Subscription | undefined
    const withdraw = (): void => {
      const withdrawn = request
      request = undefined
      withdrawn?.unsubscribe()
    }
    const look = (): void => {
      if (control.paused) withdraw()
      else if (request === undefined) {
        const asked = (request = new Subscription())
        asked.add(
          ask().subscribe({
            next: (reply) => out.next(reply),
            error: (error: unknown) => out.error(error),
            complete: () => out.complete(),
          }),
        )
      }
    }
    out.add(control.changes.subscribe(look))
    out.add(withdraw)
    look()
  })
}
