/** Provides `pausable` and `pausableReplies`, which abort work at a pause and start it again when the pause ends. */
import { Observable, Subscription } from 'rxjs'
import type { Control } from './control.js'

/**
 * Runs `work` while `control` is not paused. A pause aborts the signal that `work` receives; `work` is called again
 * when the pause ends. If `work` resolves in spite of the aborted signal, its result is returned.
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
    const subscription = control.changes.subscribe(() => {
      if (control.paused) attempt.abort(new DOMException('The work was paused', 'AbortError'))
    })
    try {
      return await work(attempt.signal)
    } catch (error) {
      if (signal.aborted || !attempt.signal.aborted) throw error
    } finally {
      subscription.unsubscribe()
      signal.removeEventListener('abort', onAbort)
    }
  }
}

/** Resolves when `control` is not paused. Rejects with the reason of `signal` when it is aborted first. */
function whenRunning(control: Control, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const subscription = new Subscription()
    const end = (settle: () => void): void => {
      subscription.unsubscribe()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = (): void => end(() => reject(signal.reason))
    const update = (): void => {
      if (!control.paused) end(resolve)
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    subscription.add(control.changes.subscribe(update))
    update()
  })
}

/**
 * Emits the replies of the observable that `ask` returns. A pause unsubscribes from it; `ask` is called again when the
 * pause ends. Completes and fails as that observable does.
 *
 * @param control undefined if the work is never paused
 */
export function pausableReplies<T>(control: Control | undefined, ask: () => Observable<T>): Observable<T> {
  if (control === undefined) return ask()
  return new Observable((out) => {
    let request: Subscription | undefined
    const cancelRequest = (): void => {
      const cancelled = request
      request = undefined
      cancelled?.unsubscribe()
    }
    const update = (): void => {
      if (control.paused) cancelRequest()
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
    out.add(control.changes.subscribe(update))
    out.add(cancelRequest)
    update()
  })
}
