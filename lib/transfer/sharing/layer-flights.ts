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
import { LayerNews } from './layer-news.js'

/** What a flight brought: the unpacked layer; undefined where only its blob was wanted. */
export type Brought = StoredLayer | undefined

/** Brings one layer into the store; what happens is told to `scope`, and through it to all who joined. */
export type BringLayer = (task: SharedLayerTask, scope: Scope) => Observable<Brought>

export class LayerFlights {
  readonly #flights = new SingleFlight<string, Brought>()
  readonly #expectations = new Map<string, Expectations>()
  readonly #news = new Map<string, LayerNews>()

  get size(): number {
    return this.#flights.size
  }

  /**
   * Joins the flight of `key`, or starts it with `bring`. What happens on it is told to `scope`, the joiner's. A flight
   * that ended for a reason which is another way's own does not end this: it joins the next one, or starts that.
   */
  join(key: string, task: LayerTask, bring: BringLayer, scope: Scope): Observable<Brought> {
    const way = wayOf(task)
    const anew = (): Observable<Brought> =>
      this.#once(key, task, bring, scope).pipe(
        catchError((error: unknown) => {
          if (!(error instanceof FlightFailed)) throw error
          if (error.way === way || !isOfWay(error.reason)) throw error.reason
          const { digest, size: total } = task.descriptor
          scope.emit({ type: 'layer', digest, status: 'restart', current: 0, total })
          return anew()
        }),
      )
    return defer(anew)
  }

  #once(key: string, task: LayerTask, bring: BringLayer, scope: Scope): Observable<Brought> {
    return new Observable((out) => {
      const expected = this.#expectations.get(key) ?? new Expectations()
      this.#expectations.set(key, expected)
      const leave = expected.add(task.diffID)
      const shared: SharedLayerTask = {
        ...task,
        confirm: (diffID) => expected.confirm(diffID, task.descriptor.digest),
        algorithm: () => expected.algorithm,
      }
      const start = (own: Scope): Observable<Brought> =>
        this.#follow(key, own, bring(shared, own)).pipe(
          catchError((reason: unknown) => throwError(() => new FlightFailed(wayOf(task), reason))),
        )
      this.#news.get(key)?.tell(scope)
      out.add(this.#flights.join(key, start, scope).subscribe(out))
      return () => {
        leave()
        if (expected.size === 0 && this.#expectations.get(key) === expected) this.#expectations.delete(key)
      }
    })
  }

  /** Keeps what a late joiner has to hear, as long as there is a flight to join. */
  #follow(key: string, scope: Scope, flight: Observable<Brought>): Observable<Brought> {
    const news = new LayerNews(scope.events)
    this.#news.set(key, news)
    return flight.pipe(
      finalize(() => {
        news.end()
        if (this.#news.get(key) === news) this.#news.delete(key)
      }),
    )
  }
}

/** Why a flight failed, and by which way it went: that of who started it. */
class FlightFailed extends Error {
  constructor(
    readonly way: string,
    readonly reason: unknown,
  ) {
    super('The flight failed', { cause: reason })
  }
}

/** What a layer is asked for by: pulls that have it in common get the same answers. */
const wayOf = ({ source, descriptor: { size, urls } }: LayerTask): string =>
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

const isOfWay = (reason: unknown): boolean => reason instanceof WindlassError && ofWay.has(reason.code)
