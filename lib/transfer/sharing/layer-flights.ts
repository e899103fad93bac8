/**
 * Shares downloads between the pulls of a puller: each layer is downloaded once, however many pulls want it. The
 * download is cancelled when the last pull leaves, and paused while all pulls that wait for it are. If it fails for a
 * reason that concerns only the repository of one pull, the others continue with their own source.
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

/** Puts one layer into the store. Events emitted to `scope` reach every pull that has joined. */
export type FetchLayer = (task: SharedLayerTask, scope: Scope) => Observable<FetchedLayer>

/** The layer downloads in progress. */
export class LayerFlights {
  readonly #flights = new SingleFlight<string, FetchedLayer>()
  readonly #expectations = new Map<string, Expectations>()
  readonly #controls = new Map<string, SharedControl>()
  readonly #replay = new Map<string, LayerReplay>()

  /** Number of downloads in progress. */
  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the download of `key`, or starts it with `fetch`. Its events go to `scope`; a subscriber that joins late
   * first receives the current state. If the download fails for a reason that concerns another route alone, a new one
   * is joined or started.
   */
  join(key: string, task: LayerTask, fetch: FetchLayer, scope: Scope): Observable<FetchedLayer> {
    const route = routeOf(task)
    const attempt = (): Observable<FetchedLayer> =>
      this.#joinFlight(key, task, fetch, scope).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof FlightFailed)) throw error
          if (error.route === route || !isRouteError(error.reason)) throw error.reason
          const { digest, size: total } = task.descriptor
          scope.emit({ type: 'layer', digest, status: 'restart', current: 0, total })
          return attempt()
        }),
      )
    return defer(attempt)
  }

  #joinFlight(key: string, task: LayerTask, fetch: FetchLayer, scope: Scope): Observable<FetchedLayer> {
    return new Observable((out) => {
      const expectations = this.#expectations.get(key) ?? new Expectations()
      this.#expectations.set(key, expectations)
      const leave = expectations.add(task.diffID)
      const control = this.#controls.get(key) ?? new SharedControl()
      this.#controls.set(key, control)
      const leaveControl = control.add(task.control)
      const shared: SharedLayerTask = {
        ...task,
        control,
        confirm: (diffID) => expectations.confirm(diffID, task.descriptor.digest),
        algorithm: () => expectations.algorithm,
      }
      const start = (flightScope: Scope): Observable<FetchedLayer> =>
        this.#track(key, flightScope, fetch(shared, flightScope)).pipe(
          catchError((reason: unknown) => throwError(() => new FlightFailed(routeOf(task), reason))),
        )
      this.#replay.get(key)?.report(scope)
      out.add(this.#flights.join(key, start, scope).subscribe(out))
      return () => {
        leave()
        leaveControl()
        if (expectations.size > 0) return
        if (this.#expectations.get(key) === expectations) this.#expectations.delete(key)
        if (this.#controls.get(key) === control) this.#controls.delete(key)
      }
    })
  }

  /** Records the state of a download for late subscribers until the download ends. */
  #track(key: string, scope: Scope, flight: Observable<FetchedLayer>): Observable<FetchedLayer> {
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

/** Failure of a download, with the route of the pull that started it. */
class FlightFailed extends Error {
  constructor(
    readonly route: string,
    readonly reason: unknown,
  ) {
    super('The shared download failed', { cause: reason })
  }
}

/** Identifies the request that fetches a layer. Pulls with the same route get the same responses. */
const routeOf = ({ source, descriptor: { size, urls } }: LayerTask): string =>
  JSON.stringify([source.repository, size, urls])

/** Errors that may concern one repository, or one manifest's description of the layer, alone. */
const routeErrors: ReadonlySet<ErrorCode> = new Set([
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

const isRouteError = (reason: unknown): boolean =>
  reason instanceof WindlassError && routeErrors.has(reason.code)
