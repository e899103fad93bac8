/**
 * Sends single HTTP requests over a limited number of reusable connections. Only this module, `got-client.ts` and
 * `failure.ts` use got.
 */
import type { ClientRequest, IncomingHttpHeaders } from 'node:http'
import type { LookupFunction, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Got } from 'got'
import { RateLimit, type RateShare } from '../../bytes/index.js'
import { WindlassError } from '../../errors.js'
import { type Limits, limitsWith } from '../../limits.js'
import { AgentPool } from './agent-pool.js'
import type { Attempt } from './attempt.js'
import type { HostRole, RequestReport } from '../../image/source.js'
import { Body } from './body.js'
import type { Channel, ChannelOptions } from './channel.js'
import {
  failureOf,
  hasTwoLengths,
  isConnectionClosed,
  isResponseTimeout,
  notHttpError,
  notAcceptedError,
  noResponseError,
  stallError,
} from './failure.js'
import { createClient, requestLeniently } from './got-client.js'
import { type Location, locationOf } from '../headers/location.js'
import { ResponseTimeouts } from '../policy/response-timeouts.js'
import { proxyFor, type Proxy } from '../proxy/proxy.js'
import type { Environment } from '../policy/environment.js'
import { loginFailure } from '../proxy/failure.js'
import { type ReceiveReport, reportRequest } from './request-reports.js'
import { gotBodyOptions, isStreamBody, type RequestBody, sendBody } from './request-body.js'
import { minBytesPerStall, timeoutsWith, type Timeouts } from '../policy/timeouts.js'
import { Trust, type TrustOptions } from '../policy/trust.js'

/** One HTTP request. */
export interface Request extends Omit<Attempt, 'proxy'> {
  /** Path and query to send if they differ from those of `url`. */
  readonly target?: string
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  /** Content of a POST, PUT or PATCH. Default: empty. A stream is opened each time the request is sent. */
  readonly body?: RequestBody
  /** Milliseconds added to the response timeout, for requests that the server needs long to process. */
  readonly extraTimeout?: number
  /** Fields of the body, sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Replaces the name resolution of the system. */
  readonly lookup?: LookupFunction
  /** Connections to use instead of those that all hosts share. */
  readonly channel?: Channel | undefined
  /** What the host is to the request (`registry`). */
  readonly role?: HostRole
  /** Receives a report when the request has ended. */
  readonly onRequest?: ReceiveReport | undefined
  /** Whether the rate limit applies to the body of the response (default false). */
  readonly isRateLimited?: boolean
}

/** The status, headers and body of a response. */
export interface Response extends Location {
  readonly status: number
  /** The proxy that received the request as plain HTTP, and may have created the response itself. */
  readonly forwardedBy?: Proxy
  readonly headers: IncomingHttpHeaders
  /** Must be read to its end or destroyed, since it holds the connection. */
  readonly body: Readable
}

type OpenResponse = Response & { readonly body: Body }

/** Settings of `Connections`. */
export interface ConnectionOptions extends TrustOptions {
  readonly userAgent?: string
  readonly timeouts?: Partial<Timeouts>
  /** Limits of redirects, tokens, errors and tag lists. The limit of manifests is set by each request. */
  readonly limits?: Partial<Limits>
  /** Maximum rate of all blobs together, in bytes per second (default: no limit). Documents are not counted. */
  readonly bytesPerSecond?: number | undefined
  /** Maximum number of concurrent connections to one host (default 32); further requests wait. */
  readonly maxSockets?: number
  /** Environment variables that name proxies and certificates (default `process.env`). */
  readonly env?: Environment
  /** Receives a report of each request when it has ended. */
  readonly onRequest?: (report: RequestReport) => void
}

/** The connections to all hosts, with their timeouts, limits and trusted certificates. */
export class Connections {
  readonly timeouts: Timeouts
  readonly limits: Limits
  /** Limit on the total rate of the response bodies of all requests with `isRateLimited`. */
  readonly rate: RateLimit
  readonly #options: ConnectionOptions
  readonly #client: Got
  readonly #trust: Trust
  readonly #agents: AgentPool
  /** Those of the channels. */
  readonly #otherAgents: AgentPool[] = []
  readonly #responseTimeouts: ResponseTimeouts
  readonly #sockets = new Set<Socket>()
  /** Functions that abort the requests in progress. */
  readonly #aborts = new Set<() => void>()
  readonly #closing = new AbortController()
  #closed = false
  #received = 0

  /** @throws USAGE when a limit or timeout is invalid, or `ca` has no certificate */
  constructor(options: ConnectionOptions = {}) {
    this.timeouts = timeoutsWith(options.timeouts)
    this.limits = limitsWith(options.limits)
    this.rate = new RateLimit(options.bytesPerSecond)
    this.#options = options
    this.#trust = new Trust(options)
    this.#agents = new AgentPool(this.#trust, this.#maxSockets, this.timeouts)
    this.#responseTimeouts = new ResponseTimeouts(this.timeouts.response)
    this.#client = createClient(options, this.timeouts)
  }

  /**
   * Returns a channel to a host that differs from others. It is closed with these connections.
   * @throws USAGE when `ca` has no certificate
   */
  channel({ trust, headers = {}, timeouts = {} }: ChannelOptions): Channel {
    if (trust === undefined) return { agents: this.#agents, headers, timeouts }
    const { ca = '', env } = this.#options
    const insecureTls = trust.insecureTls ?? this.#options.insecureTls ?? false
    const certificates = [ca, trust.ca ?? ''].map(String).filter((pem) => pem !== '')
    const own = new Trust({
      insecureTls,
      ...(env && { env }),
      ...(certificates.length > 0 && { ca: certificates.join('\n') }),
      ...(trust.client && { client: trust.client }),
    })
    const agents = new AgentPool(own, this.#maxSockets, { ...this.timeouts, ...timeouts }, this.#trust)
    this.#otherAgents.push(agents)
    return { agents, headers, timeouts }
  }

  get #maxSockets(): number {
    return this.#options.maxSockets ?? 32
  }

  /**
   * Sends a request and resolves with the response when its headers have arrived. If the server responds before the
   * whole body is sent, the rest is not sent. Statuses are not interpreted, except 407 of a proxy.
   * @throws NETWORK, TLS, STALLED, CANCELLED; REGISTRY_RESPONSE when the response is not HTTP; USAGE when the
   * environment names an invalid proxy; errors of a body that is a stream
   */
  async send(request: Request): Promise<Response> {
    const { body } = request
    // The server may have read a part of a stream, so the caller has to decide whether to send it again.
    if (isStreamBody(body)) return this.#attempt(request, 'kept', await body.open())
    try {
      return await this.#attempt(request, 'kept')
    } catch (error) {
      if (!(error instanceof SendAgain)) throw error
      return this.#attempt(request, error.mode)
    }
  }

  /** Number of bytes of blobs that were received, by all requests with `isRateLimited`. */
  get received(): number {
    return this.#received
  }

  async #attempt(request: Request, mode: SendMode, content?: Readable): Promise<Response> {
    const rate = request.isRateLimited ? await this.#admit(request.signal) : undefined
    const sent = this.#exchange(request, mode, content, rate).catch((error: unknown) => {
      rate?.end()
      throw error
    })
    const { onRequest: onAny } = this.#options
    const { onRequest } = request
    if (!onAny && !onRequest) return sent
    const receive: ReceiveReport = (report) => {
      onAny?.(report)
      onRequest?.(report)
    }
    return reportRequest(sent, request, receive, (error) => error instanceof SendAgain)
  }

  /** Waits for the rate limit. Ends early when `signal` aborts or the client is closed. */
  #admit(signal: AbortSignal | undefined): Promise<RateShare> {
    if (this.rate.bytesPerSecond === Infinity) return this.rate.admit()
    return this.rate.admit(signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal)
  }

  #exchange(
    request: Request,
    mode: SendMode,
    content: Readable | undefined,
    rate: RateShare | undefined,
  ): Promise<OpenResponse> {
    const cancelledError = (): WindlassError =>
      new WindlassError('CANCELLED', `Cancelled while trying to ${request.purpose}`, {
        host: request.url.host,
        cause: request.signal?.reason, // undefined if the client is closed
      })
    return new Promise<OpenResponse>((resolve, reject) => {
      if (this.#closed) {
        reject(new WindlassError('CANCELLED', `Failed to ${request.purpose}: the registry client is closed`))
        return
      }
      if (request.signal?.aborted === true) {
        reject(cancelledError())
        return
      }
      let body: Body | undefined
      let isReused = false
      const { target } = { ...locationOf(request.url), ...request }
      const proxy = proxyFor(request.url, this.#options.env ?? process.env)
      const { purpose, preposition = 'from', url } = request
      const attempt: Attempt = { purpose, preposition, url, proxy }
      // Identifies repetitions of the same request, which have longer timeouts.
      const key = `${request.purpose} ${request.url.host}`
      const own = request.channel?.timeouts ?? {}
      const timeouts = { ...this.timeouts, ...own }
      // A host with a timeout of its own has an alternative, so a second attempt does not wait longer.
      const firstByteTimeout =
        (own.response ?? this.#responseTimeouts.timeoutFor(key)) + (request.extraTimeout ?? 0)
      const timeoutError = (): WindlassError =>
        noResponseError(attempt, firstByteTimeout, this.#responseTimeouts.recordTimeout(key))
      const isForwarded =
        proxy !== undefined && proxy.protocol !== 'socks' && request.url.protocol === 'http:'
      const stream = this.#client.stream(
        request.url,
        this.#gotOptions(request, mode, proxy, firstByteTimeout),
      )
      const abort = (): void => {
        reject(cancelledError())
        if (body === undefined) stream.destroy()
        else body.destroy(cancelledError())
      }
      const fail = (error: Error): void => {
        reject(error)
        stream.destroy()
      }
      const finish = (): void => {
        request.signal?.removeEventListener('abort', abort)
        this.#aborts.delete(abort)
      }
      const stopSending =
        content &&
        sendBody(content, stream, {
          stall: this.timeouts.stall,
          onStall: (sent) => fail(notAcceptedError(attempt, sent, this.timeouts)),
          onFailure: fail,
        })
      if (stopSending) stream.once('response', stopSending).once('close', stopSending)
      request.signal?.addEventListener('abort', abort, { once: true })
      this.#aborts.add(abort)
      stream.once('request', (clientRequest: ClientRequest) => {
        clientRequest.path = target
        if (isForwarded) prepareForProxy(clientRequest, request.url, proxy)
        clientRequest.once('socket', (socket: Socket) => {
          isReused = clientRequest.reusedSocket
          this.#track(socket)
        })
      })
      stream.on('error', (error: Error) => {
        if (body !== undefined) return
        finish()
        // The server closed an idle connection while the request was sent (RFC 9112 §9.3.1), so it was not processed.
        if (mode === 'kept' && isReused && isConnectionClosed(error) && !content)
          reject(new SendAgain('fresh'))
        else if (mode !== 'lenient' && hasTwoLengths(error) && !content) reject(new SendAgain('lenient'))
        else reject(isResponseTimeout(error) ? timeoutError() : failureOf(error, attempt))
        stream.destroy()
      })
      stream.once('close', () => {
        if (body === undefined) finish()
      })
      // No upgrade was requested. got would wait for a response without a timeout.
      stream.once('upgrade', (_answer: unknown, socket: Socket) => {
        finish()
        socket.destroy()
        reject(notHttpError(attempt))
        stream.destroy()
      })
      stream.once(
        'response',
        ({ statusCode, headers }: { statusCode: number; headers: IncomingHttpHeaders }) => {
          // A 407 of the proxy is not a response of the registry.
          if (statusCode === 407 && isForwarded) {
            finish()
            reject(failureOf(loginFailure(proxy), attempt))
            stream.destroy()
            return
          }
          body = new Body(stream, {
            firstByte: firstByteTimeout,
            onFirstByte: () => this.#responseTimeouts.recordResponse(key),
            rate,
            ...(request.isRateLimited && { onBytes: (bytes) => (this.#received += bytes) }),
            stall: timeouts.stall,
            minBytes: minBytesPerStall(timeouts),
            stallError: (received) =>
              received === 0 ? timeoutError() : stallError(attempt, received, timeouts),
            toFailure: (error, received) => failureOf(error, attempt, received),
          })
          body.once('close', finish)
          resolve({
            ...{ url: request.url, target, status: statusCode, headers, body },
            ...(isForwarded && { forwardedBy: proxy }),
          })
        },
      )
    }).catch((error: unknown) => {
      content?.on('error', () => undefined).destroy()
      throw error
    })
  }

  /** Aborts all requests and closes all connections. Resolves when the last socket is closed. */
  async close(): Promise<void> {
    this.#closed = true
    this.#closing.abort()
    for (const abort of [...this.#aborts]) abort()
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const agents of [this.#agents, ...this.#otherAgents]) agents.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(closed)
  }

  #track(socket: Socket): void {
    if (this.#sockets.has(socket) || socket.destroyed) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #gotOptions(request: Request, mode: SendMode, proxy: Proxy | undefined, response: number) {
    const { agents = this.#agents, headers = {}, timeouts = {} } = request.channel ?? {}
    const { lookup, connect, secureConnect } = { ...this.timeouts, ...timeouts }
    return {
      method: request.method ?? 'GET',
      ...gotBodyOptions({ ...request, headers: { ...headers, ...request.headers } }),
      ...(request.lookup === undefined ? {} : { dnsLookup: request.lookup }),
      // A reused connection was not opened with this request's lookup.
      agent:
        mode === 'kept' && request.lookup === undefined
          ? agents.keepAliveAgents(proxy)
          : agents.freshAgents(proxy),
      timeout: request.channel ? { response, lookup, connect, secureConnect } : { response },
      ...(mode === 'lenient' && { request: requestLeniently }),
    } as const
  }
}

/** Adapts a plain HTTP request for a proxy: absolute URL (RFC 9112 §3.2.2) and credentials of the proxy. */
function prepareForProxy(request: ClientRequest, url: URL, proxy: Proxy): void {
  request.path = url.origin + request.path
  const authorization = proxy.authorization()
  if (authorization !== undefined) request.setHeader('proxy-authorization', authorization)
}

/**
 * How a request is sent: over a reusable connection (`kept`), over a new one (`fresh`), or over a new one with a
 * lenient parser (`lenient`). The latter accepts a response with both `Content-Length` and chunked encoding, which
 * Node rejects. The chunked encoding takes precedence (RFC 9112 §6.3), as in other clients.
 */
type SendMode = 'kept' | 'fresh' | 'lenient'

/** Signals that the request is to be sent once more, in another mode. */
class SendAgain extends Error {
  readonly mode: SendMode

  constructor(mode: SendMode) {
    super('the request is to be sent again')
    this.mode = mode
  }
}
