/** Who serves a layer, and as whom: pulls for which both are the same may share its download. */
import { Observable } from 'rxjs'
import type { Scope } from '../../flow/index.js'
import type { ImageSource } from '../../image/index.js'

/** The identity of `source`. Unsubscribing aborts the lookup of it, and `scope` waits until that has ended. */
export function sourceIdentity(source: ImageSource, scope: Scope): Observable<string> {
  return new Observable((out) => {
    const controller = new AbortController()
    let settled = false
    const lookup = source.identity({ signal: controller.signal }).finally(() => (settled = true))
    lookup.then(
      (identity) => {
        out.next(identity)
        out.complete()
      },
      (error: unknown) => out.error(error),
    )
    return () => {
      if (settled) return
      controller.abort()
      scope.hold(
        lookup.catch(() => undefined),
        'identity',
      )
    }
  })
}
