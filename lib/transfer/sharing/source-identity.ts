/**
 * Looks up the identity of an image source: its host and credentials. Pulls from sources with the same identity can
 * share downloads.
 */
import { Observable } from 'rxjs'
import { type Control, type Scope, pausable } from '../../flow/index.js'
import type { ImageSource } from '../../image/index.js'

/**
 * Emits the identity of `source`. Unsubscribing aborts the lookup; `scope` waits until the lookup has ended.
 * @throws errors of `ImageSource.identity`
 */
export function sourceIdentity(source: ImageSource, scope: Scope, control?: Control): Observable<string> {
  return new Observable((out) => {
    const controller = new AbortController()
    let settled = false
    const lookup = pausable(control, controller.signal, (signal) => source.identity({ signal })).finally(
      () => (settled = true),
    )
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
