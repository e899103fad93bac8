/** Provides `SingleFlight`, which runs work once per key and shares its results, as Go's `singleflight` does. */
import {
  type Observable,
  type ObservableInput,
  ReplaySubject,
  defer,
  finalize,
  from,
  share,
  switchMap,
} from 'rxjs'
import { readResult } from './read-result.js'
import { Scope } from '../lifetime/scope.js'
import { endAfterTeardown } from '../flows/end-after-teardown.js'

/** Work that several subscribers share. */
interface Flight<T> {
  readonly results: Observable<T>
  readonly scope: Scope
  /** Set when the flight has ended. Resolves when its cleanups have run. */
  closing?: Promise<void>
}

/**
 * Runs work once per key, for any number of subscribers. A flight is the shared work of one key. It is cancelled when
 * its last subscriber unsubscribes.
 */
export class SingleFlight<Key, T> {
  readonly #flights = new Map<Key, Flight<T>>()
  readonly #closing = new Map<Key, Promise<void>>()

  /** Number of flights in progress. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * Returns the results of the flight of `key`. The first subscriber starts it; later ones first receive the latest
   * result. A flight that fails is removed before its subscribers receive the error, so that a retry starts a new
   * flight. A new flight starts when the scope of the previous flight of its key is closed.
   *
   * @param start starts the work in the scope of the flight
   * @param scope the subscriber's scope; receives the events of the flight while subscribed. The scope of the last
   *   subscriber also waits for the cleanups of the flight.
   */
  join(key: Key, start: (scope: Scope) => ObservableInput<T>, scope?: Scope): Observable<T> {
    return defer(() => {
      const flight = this.#flights.get(key) ?? this.#launch(key, start)
      const relay = scope && flight.scope.events.subscribe((event) => scope.emit(event))
      const leave = (): void => {
        if (flight.closing === undefined) relay?.unsubscribe()
        else scope?.hold(flight.closing, () => ['flight', ...flight.scope.running].join(' > '))
      }
      return flight.results.pipe(finalize(leave))
    })
  }

  #launch(key: Key, start: (scope: Scope) => ObservableInput<T>): Flight<T> {
    const scope = new Scope()
    const startWork = (): Observable<T> =>
      readResult(
        () => start(scope),
        (work) => scope.hold(work, 'flight'),
        scope,
      )
    const work = defer(() => {
      const previous = this.#closing.get(key)
      return previous === undefined ? startWork() : from(previous).pipe(switchMap(startWork))
    })
    const onEnd = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      const isIdle = scope.idle
      const closing = scope.close()
      flight.closing = closing
      if (isIdle) return
      this.#closing.set(key, closing)
      void closing.then(() => {
        if (this.#closing.get(key) === closing) this.#closing.delete(key)
      })
    }
    const flight: Flight<T> = {
      scope,
      results: endAfterTeardown(work.pipe(finalize(onEnd))).pipe(
        share({ connector: () => new ReplaySubject<T>(1), resetOnComplete: false, resetOnError: false }),
      ),
    }
    this.#flights.set(key, flight)
    return flight
  }
}
