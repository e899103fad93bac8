/**
 * The layers that are on their way, over all pulls of a puller: one flight a layer however many want it,
 * cancelled when the last of them leaves. Who joins late hears at once how far it has come. Who joined a flight
 * that another repository's refusal ended goes on by a way of its own.
 */
import { Observable, catchError, defer, finalize, throwError } from 'rxjs'
import { type ErrorCode, WindlassError } from '../../errors.js'
import { type Scope, SingleFlight } from '../../flow/index.js'
import type { StoredLayer } from '../../store/index.js'
import type { LayerTask, SharedLayerTask } from '../elements.js'
import { Expectations } from './expectations.js'
import { LayerReplay } from './layer-replay.js'

/** What a flight brought: the unpacked layer; undefined where only its blob was wanted. */
export type FetchedLayer = StoredLayer | undefined

/** Brings one layer into the store; what happens is told to `scope`, and through it to all who joined. */
export type BringLayer = (task: SharedLayerTask, scope: Scope) => Observable<FetchedLayer>

export class LayerFlights {
  readonly #flights = new SingleFlight<string, FetchedLayer>()
  readonly #expectations = new Map<string, Expectations>()
  readonly #replay = new Map<string, LayerReplay>()

  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the flight of `key`, or starts it with `bring`. What happens on it is told to `scope`, the joiner's. A flight
   * that ended for a reason which is another way's own does not end this: it joins the next one, or starts that.
   */
  join(key: string, task: LayerTask, bring: BringLayer, scope: Scope): Observable<FetchedLayer> {
    const route = routeOf(task)
    const anew = (): Observable<FetchedLayer> =>
      this.#once(key, task, bring, scope).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof FlightFailed)) throw error
          if (error.route === route || !isOnRoute(error.reason)) throw error.reason
          const { digest, size: total } = task.descriptor
          scope.emit({ type: 'layer', digest, status: 'restart', current: 0, total })
          return anew()
        }),
      )
    return defer(anew)
  }

  #once(key: string, task: LayerTask, bring: BringLayer, scope: Scope): Observable<FetchedLayer> {
    return new Observable((out) => {
      const expected = this.#expectations.get(key) ?? new Expectations()
      this.#expectations.set(key, expected)
      const leave = expected.add(task.diffID)
      const shared: SharedLayerTask = {
        ...task,
        confirm: (diffID) => expected.confirm(diffID, task.descriptor.digest),
        algorithm: () => expected.algorithm,
      }
      const start = (own: Scope): Observable<FetchedLayer> =>
        this.#follow(key, own, bring(shared, own)).pipe(
          catchError((reason: unknown) => throwError(() => new FlightFailed(routeOf(task), reason))),
        )
      this.#replay.get(key)?.report(scope)
      out.add(this.#flights.join(key, start, scope).subscribe(out))
      return () => {
        leave()
        if (expected.size === 0 && this.#expectations.get(key) === expected) this.#expectations.delete(key)
      }
    })
  }

  /** Keeps what a late joiner has to hear, as long as there is a flight to join. */
  #follow(key: string, scope: Scope, flight: Observable<FetchedLayer>): Observable<FetchedLayer> {
    const replay = new LayerReplay(scope.events)
    this.#replay.set(key, replay)
    return flight.pipe(
      finalize(() => {
        replay.end()
        if (this.#replay.get(key) === replay) this.#replay.delete(key)
      }),
    )
  }
}

/** Why a flight failed, and by which way it went: that of who started it. */
class FlightFailed extends Error {
  constructor(
    readonly route: string,
    readonly reason: unknown,
  ) {
    super('The flight failed', { cause: reason })
  }
}

/** What a layer is asked for by: pulls that have it in common get the same answers. */
const routeOf = ({ source, descriptor: { size, urls } }: LayerTask): string =>
  JSON.stringify([source.repository, size, urls])

/** What one repository, or one manifest's word on the layer, may be to blame for alone. */
const ofWay: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHORIZED',
  'DENIED',
  'NAME_UNKNOWN',
  'BLOB_UNKNOWN',
  'REGISTRY_RESPONSE',
  'REDIRECT_REFUSED',
  'CHALLENGE_INVALID',
  'SIZE_MISMATCH',
  'DIGEST_MISMATCH',
])

const isOnRoute = (reason: unknown): boolean => reason instanceof WindlassError && ofWay.has(reason.code)
