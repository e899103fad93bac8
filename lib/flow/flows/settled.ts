/** Puts the end of an observable after its teardown; RxJS, left alone, tells the reader first and clears up then. */
import { Observable } from 'rxjs'

/** `source`, whose completion or error is passed on only when everything it held has been let go. */
export function settled<T>(source: Observable<T>): Observable<T> {
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
