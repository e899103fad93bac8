/** A typed client of the API of `windlass serve`. Runs in Node and in browsers. */
import type { Type } from 'io-ts'
import * as t from 'io-ts'
import { Observable } from 'rxjs'
import { type ErrorCode, WindlassError, errorCodes } from '../errors.js'
import type { PullEvent } from '../events/event.js'
import { ServerMessage } from './messages.js'
import { readEventStream } from './event-stream.js'
import {
  ApiFailure,
  type LimitChange,
  PastPull,
  type PullChange,
  type PullOrder,
  PullRecord,
  RemovedName,
  ServerInfo,
  ServerLimits,
  StoredFiles,
  StoredImages,
  TaskRecord,
  WatchedPull,
  apiVersion,
} from './shapes.js'
import { type ServerState, emptyServerState, reduceServer } from './server-state.js'

/** Options of a client. */
export interface ClientOptions {
  /** Address of the server: `http://127.0.0.1:5180`. With a `fetch` for a unix socket: any address. */
  readonly url: string
  /** Token that the server printed. Not needed on a unix socket. */
  readonly token?: string
  /** Replaces the global `fetch`, for example by one that connects to a unix socket. */
  readonly fetch?: typeof fetch
}

/** State of the connection of a watcher. */
export type Connection =
  | { readonly state: 'connected' }
  /** `triesAt`: time of the next attempt, in milliseconds since 1970; undefined while it is under way. */
  | { readonly state: 'lost'; readonly triesAt?: number; readonly error: WindlassError }

/** Options of `messages` and `watch`. */
export interface WatchOptions {
  /** Id of the only pull to watch (all). */
  readonly pull?: string
  /** Is called when the connection is made, and when it is lost; `retry` then tries at once. */
  readonly onConnection?: (connection: Connection, retry: () => void) => void
}

/** Delays between attempts to connect again, in milliseconds. The last one repeats. */
const delays = [250, 1_000, 3_000]

/** A client of one server. */
export class WindlassClient {
  readonly #base: string
  readonly #fetch: typeof fetch
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, token, fetch: ownFetch }: ClientOptions) {
    this.#base = `${url.replace(/\/+$/, '')}/api/${apiVersion}`
    this.#fetch = ownFetch ?? ((input, init) => fetch(input, init))
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  }

  /** Returns facts about the server that do not change while it runs. */
  info = (): Promise<ServerInfo> => this.#get('/info', ServerInfo)

  /** Starts a pull. @throws REFERENCE_INVALID, PLATFORM_INVALID, USAGE */
  pull = (image: string, order: Omit<PullOrder, 'image'> = {}): Promise<PullRecord> =>
    this.#send('POST', '/pulls', { ...order, image }, PullRecord)

  /** Returns the running pulls and those that ended lately, in the order of their start. */
  pulls = (): Promise<PullRecord[]> => this.#get('/pulls', t.array(PullRecord))

  /** Returns one pull with the events that rebuild its state. @throws NOT_FOUND */
  onePull = (id: string): Promise<WatchedPull> => this.#get(`/pulls/${encodeURIComponent(id)}`, WatchedPull)

  /** Pauses or resumes a pull, or changes its priority. */
  change = (id: string, change: PullChange): Promise<PullRecord> =>
    this.#send('PATCH', `/pulls/${encodeURIComponent(id)}`, change, PullRecord)

  /** Pauses a running pull. @throws PULL_UNKNOWN, PULL_ENDED */
  pause = (id: string): Promise<PullRecord> => this.change(id, { paused: true })

  /** Resumes a paused pull. */
  resume = (id: string): Promise<PullRecord> => this.change(id, { paused: false })

  /** Cancels a running pull. What was received is kept. */
  cancel = (id: string): Promise<PullRecord> =>
    this.#send('POST', `/pulls/${encodeURIComponent(id)}/cancel`, {}, PullRecord)

  /** Starts a pull again that failed, was cancelled or was interrupted. */
  again = (id: string): Promise<PullRecord> =>
    this.#send('POST', `/pulls/${encodeURIComponent(id)}/again`, {}, PullRecord)

  /** Starts the next attempt at the layers of a pull that wait for a retry. */
  retryNow = (id: string): Promise<PullRecord> =>
    this.#send('POST', `/pulls/${encodeURIComponent(id)}/retry-now`, {}, PullRecord)

  /** Removes ended pulls from the list; the history keeps them. */
  clear = (): Promise<PullRecord[]> => this.#send('POST', '/pulls/clear', {}, t.array(PullRecord))

  /** Returns the limits of the server. */
  limits = (): Promise<ServerLimits> => this.#get('/limits', ServerLimits)
  /** Changes some of the limits, also for running pulls. @throws USAGE */
  setLimits = (change: LimitChange): Promise<ServerLimits> =>
    this.#send('PATCH', '/limits', change, ServerLimits)

  /** Returns the images of the store, and what they share. */
  images = (): Promise<StoredImages> => this.#get('/images', StoredImages)

  /** Lists the files of an image: those of one directory, or with `find` those whose path contains the text. */
  files = (
    image: string,
    { path = '/', find }: { readonly path?: string; readonly find?: string } = {},
  ): Promise<StoredFiles> =>
    this.#get(`/images/files?${queryOf({ image, path, ...(find ? { find } : {}) })}`, StoredFiles)

  /** Removes a name of an image. */
  removeImage = async (image: string): Promise<void> => {
    await this.#send('DELETE', `/images?${queryOf({ image })}`, undefined, RemovedName)
  }

  /** Starts to remove content that nothing needs. `watch` and `task` tell how far it is. */
  collect = (): Promise<TaskRecord> => this.#send('POST', '/tasks', { kind: 'collect' }, TaskRecord)
  /** Starts to verify the store. */
  verify = (): Promise<TaskRecord> => this.#send('POST', '/tasks', { kind: 'verify' }, TaskRecord)
  /** Returns an operation on the store. @throws PULL_UNKNOWN */
  task = (id: string): Promise<TaskRecord> => this.#get(`/tasks/${encodeURIComponent(id)}`, TaskRecord)

  /** Returns the past pulls, latest first. */
  history = (): Promise<PastPull[]> => this.#get('/history', t.array(PastPull))

  /**
   * Emits the state of the server, first the present one, and again after each message. Connects again when the connection
   * is lost, without a gap. Fails when the server refuses (a wrong token, an unknown pull).
   */
  watch(options: WatchOptions = {}): Observable<ServerState> {
    return new Observable((subscriber) => {
      let state = emptyServerState
      return this.messages(options).subscribe({
        next: (message) => subscriber.next((state = reduceServer(state, message))),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      })
    })
  }

  /**
   * Emits the events of one pull, first those that rebuild its present state. Completes with the pull. Fails with PULL_ENDED if the
   * server ended during the pull: no event tells that end.
   */
  events(id: string, { onConnection }: Pick<WatchOptions, 'onConnection'> = {}): Observable<PullEvent> {
    return new Observable((subscriber) => {
      let last = 0
      const accept = (event: PullEvent): void => {
        if (event.pull !== id || event.seq <= last) return
        last = event.seq
        subscriber.next(event)
        if (event.type === 'end') subscriber.complete()
      }
      return this.messages({ pull: id, ...(onConnection && { onConnection }) }).subscribe({
        next: (message) => {
          if (message.type === 'event') accept(message.event)
          if (message.type !== 'state') return
          for (const { events, state } of message.pulls) {
            events.forEach(accept)
            if (state === 'interrupted') subscriber.error(interruptedError(id))
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      })
    })
  }

  /** Emits the messages of the server. As `watch`, which reduces them to a state. */
  messages({ pull, onConnection }: WatchOptions = {}): Observable<ServerMessage> {
    return new Observable((subscriber) => {
      const stop = new AbortController()
      const isStopped = (): boolean => stop.signal.aborted
      const query = pull === undefined ? '' : `?${queryOf({ pull })}`
      let lastId: string | undefined
      const follow = async (): Promise<void> => {
        for (let failures = 0; !stop.signal.aborted;) {
          try {
            const headers = { ...(lastId !== undefined && { 'last-event-id': lastId }) }
            const response = await this.#open(`/events${query}`, { headers, signal: stop.signal })
            onConnection?.({ state: 'connected' }, () => undefined)
            for await (const { id, data } of readEventStream(response.body!)) {
              failures = 0
              lastId = id ?? lastId
              subscriber.next(decode(JSON.parse(data), ServerMessage, 'a message of the server'))
            }
            throw lostError(new Error('the server ended the connection'))
          } catch (error) {
            if (isStopped()) return
            if (error instanceof WindlassError && !error.retryable) throw error
            const delay = delays[Math.min(failures++, delays.length - 1)]!
            await pauseBefore(delay, lostError(error), onConnection, stop.signal)
          }
        }
      }
      follow().then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      )
      return () => stop.abort()
    })
  }

  async #open(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.#headers, ...(init.headers as Record<string, string> | undefined) }
    const response = await this.#fetch(`${this.#base}${path}`, { ...init, headers }).catch(
      (cause: unknown) => {
        throw lostError(cause)
      },
    )
    if (response.ok) return response
    // A body that is not JSON comes from something else than this server, such as a proxy.
    throw failureOf(response.status, await response.json().catch(() => undefined))
  }

  async #get<T>(path: string, codec: Type<T, unknown>): Promise<T> {
    const response = await this.#open(path, {})
    return decode(await response.json(), codec, 'the response of the server')
  }

  async #send<T>(method: string, path: string, body: unknown, codec: Type<T, unknown>): Promise<T> {
    const response = await this.#open(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    return decode(await response.json(), codec, 'the response of the server')
  }
}

const queryOf = (fields: Record<string, string>): string => new URLSearchParams(fields).toString()

/** Waits before the next attempt to connect, or until `retry` is called. */
function pauseBefore(
  delay: number,
  error: WindlassError,
  onConnection: WatchOptions['onConnection'],
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const now = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', now)
      resolve()
    }
    const timer = setTimeout(now, delay)
    signal.addEventListener('abort', now, { once: true })
    onConnection?.({ state: 'lost', triesAt: Date.now() + delay, error }, now)
  })
}

const lostError = (cause: unknown): WindlassError =>
  new WindlassError(
    'NETWORK',
    `No connection to the server: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause, hint: 'Check that `windlass serve` runs.' },
  )

const interruptedError = (id: string): WindlassError =>
  new WindlassError('PULL_ENDED', `The server ended during the pull ${id}`, {
    hint: `“windlass resume ${id}” starts it again; what was received is kept.`,
  })

function failureOf(status: number, body: unknown): WindlassError {
  const decoded = ApiFailure.decode(body)
  if (decoded._tag === 'Left')
    return new WindlassError('PROTOCOL', `The server answered with status ${status}`, { status })
  const { code, message, hint } = decoded.right.error
  // A newer server may have codes that this version does not know.
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'PROTOCOL'
  return new WindlassError(known, message, { status, ...(hint !== undefined && { hint }) })
}

function decode<T>(value: unknown, codec: Type<T, unknown>, what: string): T {
  const decoded = codec.decode(value)
  if (decoded._tag === 'Right') return decoded.right
  throw new WindlassError('PROTOCOL', `Reading ${what}: it is not what this version of Windlass expects`, {
    hint: 'Use the same version of Windlass on both sides.',
  })
}
