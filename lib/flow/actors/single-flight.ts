/**
 * Shares work between whoever wants the same: one piece of work for each key, however many join, and none left when the
 * last of them leaves.
 */
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
  /** Set as soon as the flight is over: what is still being cleared away. */
  clearing?: Promise<void>
}

export class SingleFlight<Key, T> {
  readonly #flights = new Map<Key, Flight<T>>()
  readonly #clearing = new Map<Key, Promise<void>>()

  /** Flights in the air. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * The results of the flight named `key`: the latest one at once for who joins late, and all that follow. It starts
   * when nobody is on it yet, and is cancelled when the last one leaves. When it fails, the key is free before anyone
   * hears of it, so trying again starts a new flight; that waits until the old one's scope is cleared.
   *
   * `start` gets a scope of the flight's own. `scope`, the joiner's, is told the flight's events as long as it is
   * aboard; the one who is aboard at the end also waits for the flight to be cleared away.
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
      )
    const work = defer(() => {
      const before = this.#clearing.get(key)
      return before === undefined ? begin() : from(before).pipe(switchMap(begin))
    })
    const over = (): void => {
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
      results: settled(work.pipe(finalize(over))).pipe(
        share({ connector: () => new ReplaySubject<T>(1), resetOnComplete: false, resetOnError: false }),
      ),
    }
    this.#flights.set(key, flight)
    return flight
  }
}
