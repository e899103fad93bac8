/** Provides `SingleFlight`, which shares one piece of work per key between all its subscribers. */
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
import { attached } from './attached.js'
import { Scope } from '../lifetime/scope.js'
import { settled } from '../flows/settled.js'

interface Flight<T> {
  readonly results: Observable<T>
  readonly scope: Scope
  /** Set when the flight has ended: settles when its cleanups have run. */
  clearing?: Promise<void>
}

/**
 * Shares work by key. Work runs once per key, however many subscribers it has, and is cancelled when the last one
 * leaves.
 */
export class SingleFlight<Key, T> {
  readonly #flights = new Map<Key, Flight<T>>()
  readonly #clearing = new Map<Key, Promise<void>>()

  /** Number of flights in progress. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * Returns the results of the flight of `key`. A subscriber that joins late first receives the latest result. The
   * first subscriber starts the flight; when the last one unsubscribes, the flight is cancelled. A flight that fails is
   * removed before its subscribers receive the error, so a retry starts a new flight. A new flight waits until the
   * scope of the previous one is closed.
   *
   * @param start starts the work; receives the scope of the flight
   * @param scope the subscriber's scope; receives the events of the flight while subscribed. The scope of the last
   *   subscriber also waits for the cleanups of the flight.
   */
  join(key: Key, start: (scope: Scope) => ObservableInput<T>, scope?: Scope): Observable<T> {
    return defer(() => {
      const flight = this.#flights.get(key) ?? this.#launch(key, start)
      const relay = scope && flight.scope.events.subscribe((event) => scope.emit(event))
      const leave = (): void => {
        if (flight.clearing === undefined) relay?.unsubscribe()
        else scope?.hold(flight.clearing, () => ['flight', ...flight.scope.running].join(' > '))
      }
      return flight.results.pipe(finalize(leave))
    })
  }

  #launch(key: Key, start: (scope: Scope) => ObservableInput<T>): Flight<T> {
    const scope = new Scope()
    const begin = (): Observable<T> =>
      attached(
        () => start(scope),
        (work) => scope.hold(work, 'flight'),
        scope,
      )
    const work = defer(() => {
      const before = this.#clearing.get(key)
      return before === undefined ? begin() : from(before).pipe(switchMap(begin))
    })
    const onEnd = (): void => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
      const idle = scope.idle
      const clearing = scope.close()
      flight.clearing = clearing
      if (idle) return
      this.#clearing.set(key, clearing)
      void clearing.then(() => {
        if (this.#clearing.get(key) === clearing) this.#clearing.delete(key)
      })
    }
    const flight: Flight<T> = {
      scope,
      results: settled(work.pipe(finalize(onEnd))).pipe(
        share({ connector: () => new ReplaySubject<T>(1), resetOnComplete: false, resetOnError: false }),
      ),
    }
    this.#flights.set(key, flight)
    return flight
  }
}
