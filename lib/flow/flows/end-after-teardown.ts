/**
 * Provides `endAfterTeardown`, which delays the completion or error of an observable until its teardown is complete.
 * RxJS itself emits them before the teardown.
 */
import { Observable } from 'rxjs'

/** Emits the elements of `source`. Emits its completion or error after `source` has been torn down. */
export function endAfterTeardown<T>(source: Observable<T>): Observable<T> {
  return new Observable((out) => {
    let end: (() => void) | undefined
    const reading = source.subscribe({
      next: (value) => out.next(value),
      error: (error: unknown) => {
        end = () => out.error(error)
      },
      complete: () => {
        end = () => out.complete()
      },
    })
    reading.add(() => end?.())
    return reading
  })
}
