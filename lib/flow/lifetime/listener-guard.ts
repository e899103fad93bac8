/** Provides `ListenerGuard`, an observable whose listeners may throw without affecting each other. */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs'

type Listener<T> = Partial<Observer<T>> | ((value: T) => void) | null

/**
 * Emits the elements of `inner`. The first error that a listener throws is passed to `onFailure`; the listener stays
 * subscribed. This also holds for listeners behind operators, such as `events.pipe(scan(…)).subscribe(…)`. Without the
 * guard, RxJS turns such an error into an uncaught exception, which ends the process.
 */
export class ListenerGuard<T> extends Observable<T> {
  readonly #onFailure: (error: unknown) => void

  constructor(inner: Observable<T>, onFailure: (error: unknown) => void) {
    super((out) => inner.subscribe(out))
    this.#onFailure = onFailure
  }

  // Operators call `lift` on their source. As in RxJS's Subject, the override keeps the guard behind operators.
  /* eslint-disable @typescript-eslint/no-deprecated -- `lift` is meant for RxJS itself, but there is no other way behind `pipe` */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    return new ListenerGuard(super.lift(operator), this.#onFailure)
  }
  /* eslint-enable @typescript-eslint/no-deprecated */

  /** Subscribes as `Observable.subscribe` does, with a guarded listener. */
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
    if (listener instanceof Subscriber) return super.subscribe(listener) // an operator subscribes
    const observer =
      typeof listener === 'function' || !listener ? { next: listener, error, complete } : listener
    let reported = false
    const reportOnce = (problem: unknown): void => {
      if (reported) return
      reported = true // the listener may throw again when it receives the report
      this.#onFailure(problem)
    }
    const guard = (notify: () => void): void => {
      try {
        notify()
      } catch (problem) {
        reportOnce(problem)
      }
    }
    return super.subscribe({
      next: (value) => guard(() => observer.next?.(value)),
      error: (problem: unknown) =>
        guard(() => (observer.error ? observer.error(problem) : reportOnce(problem))),
      complete: () => guard(() => observer.complete?.()),
    })
  }
}
