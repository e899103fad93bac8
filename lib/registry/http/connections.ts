/**
 * One HTTP request and its answer's headers, over connections that are kept and bounded. This is the only place that
 * calls got, with everything switched off that would happen behind our back: redirects, retries, decompression.
 */
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction, Socket } from 'node:net'
import type { Readable } from 'node:stream'
import got from 'got'
import { WindlassError } from '../../errors.js'
import { type Limits, limitsWith } from '../../limits.js'
import { AgentPool } from './agent-pool.js'
import { Body } from './body.js'
import { failureOf, hasTwoLengths, isBroken, isSilence, silence, type Attempt } from './failure.js'
import { type Location, locationOf } from '../headers/location.js'
import { Patience } from '../policy/patience.js'
import { proxyFor, type Proxy } from '../proxy/proxy.js'
import type { Environment } from '../policy/environment.js'
import { throughProxy, wantsLogin, withProxyHint } from '../proxy/failure.js'
import { minBytesPerStall, timeoutsWith, type Timeouts } from '../policy/timeouts.js'
import { Trust, type TrustOptions } from '../policy/trust.js'

export interface Request extends Omit<Attempt, 'proxy'> {
  /** Path and query as they are sent, where those of `url` are written in another way. */
  readonly target?: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Resolves the host's name in place of the system. */
  readonly lookup?: LookupFunction
}

export interface Response extends Location {
  readonly status: number
  /** That was sent the request as plain HTTP, so may have answered itself. */
  readonly forwardedBy?: Proxy
  readonly headers: IncomingHttpHeaders
  /** Must be read to its end or destroyed: the connection is held by it. */
  readonly body: Readable
}

export interface ConnectionOptions extends TrustOptions {
  readonly userAgent?: string
  readonly timeouts?: Partial<Timeouts>
  /** Of redirects, tokens, refusals and tags; of manifests, each request says. */
  readonly limits?: Partial<Limits>
  /** Connections to one host at the same time (32); further requests wait for one. */
  readonly maxSockets?: number
  /** Where proxies and certificates are named (the process's own). */
  readonly env?: Environment
}

export class Connections {
  readonly timeouts: Timeouts
  readonly limits: Limits
  readonly #options: ConnectionOptions
  readonly #agents: AgentPool
  readonly #patience: Patience
  readonly #sockets = new Set<Socket>()
  readonly #live = new Set<() => void>()
  #closed = false

  /** @throws USAGE for what is no limit, and for a `ca` without a certificate */
  constructor(options: ConnectionOptions = {}) {
    this.timeouts = timeoutsWith(options.timeouts)
    this.limits = limitsWith(options.limits)
    this.#options = options
    this.#agents = new AgentPool(new Trust(options), options.maxSockets ?? 32, this.timeouts)
    this.#patience = new Patience(this.timeouts.response)
  }

  /** @throws NETWORK, TLS, STALLED, REGISTRY_RESPONSE (not HTTP), CANCELLED */
  async send(request: Request): Promise<Response> {
    try {
      return await this.#attempt(request, 'kept')
    } catch (error) {
      if (!(error instanceof AskAgain)) throw error
      return this.#attempt(request, error.manner)
    }
  }

  #attempt(request: Request, manner: Manner): Promise<Response> {
    const cancelled = (): WindlassError =>
      new WindlassError('CANCELLED', `Cancelled while trying to ${request.purpose}`, {
        host: request.url.host,
      })
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new WindlassError('CANCELLED', `Failed to ${request.purpose}: the registry client is closed`))
        return
      }
      if (request.signal?.aborted === true) {
        reject(cancelled())
        return
      }
      let body: Body | undefined
      let reused = false
      const { target } = { ...locationOf(request.url), ...request }
      const proxy = proxyFor(request.url, this.#options.env ?? process.env)
      const attempt: Attempt = { purpose: request.purpose, url: request.url, proxy }
      const asked = `${request.purpose} ${request.url.host}`
      const wait = this.#patience.wait(asked)
      const silent = (): WindlassError => silence(attempt, wait, this.#patience.silent(asked))
      const isForwarded =
        proxy !== undefined && proxy.protocol !== 'socks' && request.url.protocol === 'http:'
      const stream = got.stream(request.url, this.#gotOptions(request, manner, proxy, wait))
      const abort = (): void => {
        reject(cancelled())
        if (body === undefined) stream.destroy()
        else body.destroy(cancelled())
      }
      const over = (): void => {
        request.signal?.removeEventListener('abort', abort)
        this.#live.delete(abort)
      }
      request.signal?.addEventListener('abort', abort, { once: true })
      this.#live.add(abort)
      stream.once('request', (sent: ClientRequest) => {
        sent.path = target
        if (isForwarded) forward(sent, request.url, proxy)
        sent.once('socket', (socket: Socket) => {
          reused = sent.reusedSocket
          this.#track(socket)
        })
      })
      stream.on('error', (error: Error) => {
        if (body !== undefined) return
        over()
        // The server closed a kept connection while the request was on its way (RFC 9112 §9.3.1): nothing was done yet.
        if (manner === 'kept' && reused && isBroken(error)) reject(new AskAgain('fresh'))
        else if (manner !== 'lenient' && hasTwoLengths(error)) reject(new AskAgain('lenient'))
        else reject(isSilence(error) ? silent() : failureOf(error, attempt))
        stream.destroy()
      })
      stream.once('close', () => {
        if (body === undefined) over()
      })
      // Nobody asked for another protocol; and got waits for an answer after it, without limit.
      stream.once('upgrade', (_answer: unknown, socket: Socket) => {
        over()
        socket.destroy()
        reject(notHttp(attempt))
        stream.destroy()
      })
      stream.once(
        'response',
        ({ statusCode, headers }: { statusCode: number; headers: IncomingHttpHeaders }) => {
          // Not the registry's: it asks nobody for a proxy's login.
          if (statusCode === 407 && isForwarded) {
            over()
            reject(failureOf(wantsLogin(proxy), attempt))
            stream.destroy()
            return
          }
          body = new Body(stream, {
            first: wait,
            began: () => this.#patience.answered(asked),
            stall: this.timeouts.stall,
            minBytes: minBytesPerStall(this.timeouts),
            stalled: (received) => (received === 0 ? silent() : stalled(attempt, received, this.timeouts)),
            failure: (error, received) => failureOf(error, attempt, received),
          })
          body.once('close', over)
          resolve({
            ...{ url: request.url, target, status: statusCode, headers, body },
            ...(isForwarded && { forwardedBy: proxy }),
          })
        },
      )
    })
  }

  /** Ends every request and connection; resolves when the last socket is gone. */
  async close(): Promise<void> {
    this.#closed = true
    for (const abort of [...this.#live]) abort()
    const gone = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    this.#agents.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(gone)
  }

  #track(socket: Socket): void {
    if (this.#sockets.has(socket) || socket.destroyed) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  #gotOptions(request: Request, manner: Manner, proxy: Proxy | undefined, response: number) {
    const { insecureTls = false, userAgent = 'windlass' } = this.#options
    const { lookup, connect, secureConnect } = this.timeouts
    return {
      method: request.method ?? 'GET',
      headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers },
      ...(request.form === undefined ? {} : { form: request.form }),
      ...(request.lookup === undefined ? {} : { dnsLookup: request.lookup }),
      // A connection that is there was not held to this request's lookup.
      agent:
        manner === 'kept' && request.lookup === undefined
          ? this.#agents.kept(proxy)
          : this.#agents.fresh(proxy),
      https: { rejectUnauthorized: !insecureTls },
      timeout: { lookup, connect, secureConnect, response },
      decompress: false,
      followRedirect: false,
      throwHttpErrors: false,
      retry: { limit: 0 },
      ...(manner === 'lenient' && { request: requestLeniently }),
    } as const
  }
}

/** What a proxy is sent for plain HTTP (RFC 9112 §3.2.2): the whole URL, and its own credentials. */
function forward(request: ClientRequest, url: URL, proxy: Proxy): void {
  request.path = url.origin + request.path
  const authorization = proxy.authorization()
  if (authorization !== undefined) request.setHeader('proxy-authorization', authorization)
}

/**
 * Over which connection something is asked, and how its answer is read. `lenient`: over one of its own, and with what
 * Node's parser refuses: an answer that says its length and comes in chunks all the same. The chunks are what counts
 * (RFC 9112 §6.3), as other clients have it.
 */
type Manner = 'kept' | 'fresh' | 'lenient'

/** The same is to be asked again, once, in another manner. */
class AskAgain extends Error {
  readonly manner: Manner

  constructor(manner: Manner) {
    super('to be asked again')
    this.manner = manner
  }
}

const requestLeniently = (
  url: URL,
  options: RequestOptions,
  answered?: (response: IncomingMessage) => void,
): ClientRequest => {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return request(url, { ...options, insecureHTTPParser: true }, answered)
}

const notHttp = ({ purpose, url, proxy }: Attempt): WindlassError =>
  new WindlassError(
    'REGISTRY_RESPONSE',
    `Failed to ${purpose} from ${url.host}${throughProxy(proxy)}: it wants to go on in another protocol than HTTP`,
    { host: url.host, hint: withProxyHint(`Is ${url.host} a registry?`, proxy) },
  )

function stalled({ purpose, url, proxy }: Attempt, received: number, timeouts: Timeouts): WindlassError {
  const minBytes = minBytesPerStall(timeouts)
  const came = minBytes === 1 ? 'nothing more' : `fewer than ${minBytes} bytes`
  return new WindlassError(
    'STALLED',
    `Failed to ${purpose} from ${url.host}${throughProxy(proxy)}: ${came} came in ${timeouts.stall / 1000} s, after ${received} bytes`,
    {
      host: url.host,
      hint: withProxyHint(
        'The rest may come with another try; --stall-timeout and --minimum-rate set how long to wait for how much',
        proxy,
      ),
    },
  )
}
