/**
 * Provides `LayerFlights`, which shares downloads between pulls: each layer is downloaded once, for any number of
 * pulls. A flight is one such shared download. It is cancelled when the last pull unsubscribes, and paused while all
 * its pulls are paused. If it fails for a reason that may concern only the request of the pull that started it (its
 * repository, or its manifest), the other pulls start a new flight with their own request.
 */
import { Observable, catchError, defer, finalize, throwError } from 'rxjs'
import { type ErrorCode, WindlassError } from '../../errors.js'
import { type Scope, SharedControl, SingleFlight } from '../../flow/index.js'
import type { StoredLayer } from '../../store/index.js'
import type { LayerTask, SharedLayerTask } from '../elements.js'
import { Expectations } from './expectations.js'
import { LayerReplay } from './layer-replay.js'

/** Result of a shared download: the unpacked layer, or undefined if only the blob was requested. */
export type FetchedLayer = StoredLayer | undefined

/** Fetches one layer into the store. Events emitted to `scope` reach every pull that has joined the flight. */
export type FetchLayer = (task: SharedLayerTask, scope: Scope) => Observable<FetchedLayer>

/** The layer downloads in progress. */
export class LayerFlights {
  readonly #flights = new SingleFlight<string, FetchedLayer>()
  readonly #expectations = new Map<string, Expectations>()
  readonly #controls = new Map<string, SharedControl>()
  readonly #replays = new Map<string, LayerReplay>()

  /** Number of downloads in progress. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the download of `key`, or starts it with `fetch`. `scope` receives its events; a late subscriber first
   * receives the current state. If the download fails for a reason that may concern only the request of another pull,
   * joins or starts a new one.
   */
  join(key: string, task: LayerTask, fetch: FetchLayer, scope: Scope): Observable<FetchedLayer> {
    const requestKey = requestKeyOf(task)
    const attempt = (): Observable<FetchedLayer> =>
      this.#joinFlight(key, task, fetch, scope).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof FlightFailed)) throw error
          if (error.requestKey === requestKey || !isRequestSpecific(error.reason)) throw error.reason
          const { digest, size: total } = task.descriptor
          scope.emit({ type: 'layer', digest, status: 'restart', current: 0, total })
          return attempt()
        }),
      )
    return defer(attempt)
  }

  #joinFlight(key: string, task: LayerTask, fetch: FetchLayer, scope: Scope): Observable<FetchedLayer> {
    return new Observable((out) => {
      // The diffIDs that the pulls of this flight expect, one for each pull.
      const expectations = this.#expectations.get(key) ?? new Expectations()
      this.#expectations.set(key, expectations)
      const removeExpectation = expectations.add(task.diffID)
      const control = this.#controls.get(key) ?? new SharedControl()
      this.#controls.set(key, control)
      const removeControl = control.add(task.control)
      const shared: SharedLayerTask = {
        ...task,
        control,
        confirm: (diffID) => expectations.confirm(diffID, task.descriptor.digest),
        algorithm: () => expectations.algorithm,
      }
      const start = (flightScope: Scope): Observable<FetchedLayer> =>
        this.#track(key, flightScope, fetch(shared, flightScope)).pipe(
          catchError((reason: unknown) => throwError(() => new FlightFailed(requestKeyOf(task), reason))),
        )
      this.#replays.get(key)?.replayTo(scope)
      out.add(this.#flights.join(key, start, scope).subscribe(out))
      return () => {
        removeExpectation()
        removeControl()
        const isStillWanted = expectations.size > 0
        if (isStillWanted) return
        if (this.#expectations.get(key) === expectations) this.#expectations.delete(key)
        if (this.#controls.get(key) === control) this.#controls.delete(key)
      }
    })
  }

  /** Records the state of a download for late subscribers until the download ends. */
  #track(key: string, scope: Scope, flight: Observable<FetchedLayer>): Observable<FetchedLayer> {
    const replay = new LayerReplay(scope.events)
    this.#replays.set(key, replay)
    return flight.pipe(
      finalize(() => {
        replay.end()
        if (this.#replays.get(key) === replay) this.#replays.delete(key)
      }),
    )
  }
}

/** Failure of a download, with the request key (see `requestKeyOf`) of the pull that started it. */
class FlightFailed extends Error {
  constructor(
    readonly requestKey: string,
    readonly reason: unknown,
  ) {
    super('The shared download failed', { cause: reason })
  }
}

/** Returns a key of the request that fetches a layer. Pulls with the same key get the same response. */
const requestKeyOf = ({ source, descriptor: { size, urls } }: LayerTask): string =>
  JSON.stringify([source.repository, size, urls])

/** Codes of errors that may concern only one repository, or only the description of the layer in one manifest. */
const requestSpecificCodes: ReadonlySet<ErrorCode> = new Set([
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

const isRequestSpecific = (reason: unknown): boolean =>
  reason instanceof WindlassError && requestSpecificCodes.has(reason.code)
