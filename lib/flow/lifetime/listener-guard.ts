/**
 * An observable whose listeners may throw, also behind operators (`events.pipe(scan(…)).subscribe(…)`).
 * RxJS, left alone, makes an uncaught exception of it, which ends the process.
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

type Listener<T> = Partial<Observer<T>> | ((value: T) => void) | null

/** Each listener's first error goes to `failed`; it stays subscribed, and the others never notice. */
export class ListenerGuard<T> extends Observable<T> {
  readonly #failed: (error: unknown) => void

  constructor(heard: Observable<T>, failed: (error: unknown) => void) {
    super((out) => heard.subscribe(out))
    this.#failed = failed
  }

  // What operators call on their source; overridden, as Subject does, so that the guard stands behind them too.
  /* eslint-disable @typescript-eslint/no-deprecated -- `lift` is meant for RxJS itself, but there is no other way behind `pipe` */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return new ListenerGuard(super.lift(operator), this.#failed)
  }
  /* eslint-enable @typescript-eslint/no-deprecated */

  override subscribe(observer?: Listener<T>): Subscription
  override subscribe(
    next?: Listener<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription
  override subscribe(
    listener?: Listener<T>,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    if (listener instanceof Subscriber) return super.subscribe(listener) // an operator's own, not a listener
    const observer =
      typeof listener === 'function' || !listener ? { next: listener, error, complete } : listener
    let reported = false
    const failed = (problem: unknown): void => {
      if (reported) return
      reported = true // once: it would fail on hearing of it, too
      this.#failed(problem)
    }
    const guard = (report: () => void): void => {
      try {
        report()
      } catch (problem) {
        failed(problem)
      }
    }
    return super.subscribe({
      next: (value) => guard(() => observer.next?.(value)),
      error: (problem: unknown) => guard(() => (observer.error ? observer.error(problem) : failed(problem))),
      complete: () => guard(() => observer.complete?.()),
    })
  }
}
