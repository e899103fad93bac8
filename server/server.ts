/** The server: HTTP over one puller. */
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { createAdaptorServer } from '@hono/node-server'
import type { Server as HttpsServer } from 'node:https'
import { createServer as createHttpsServer } from 'node:https'
import { Hono } from 'hono'
import type { ServerInfo } from '../lib/api/shapes.js'
import { WindlassError } from '../lib/errors.js'
import { formatPlatform, hostPlatform } from '../lib/image/index.js'
import { type OpenOptions, type Windlass, open } from '../puller/index.js'
import { failure, failureWith } from './api/failure.js'
import { type ServerParts, apiRoutes } from './api/routes.js'
import { Feed } from './feed/feed.js'
import { History, historySize } from './history/history.js'
import { StoreJobs } from './jobs/store-jobs.js'
import { type ListenAddress, isLoopback } from './listen/address.js'
import { hostAndPort, listen } from './listen/listen.js'
import { PullBook } from './pulls/pull-book.js'
import { securityHeaders } from './security/headers.js'
import { boundedRate } from './security/rate.js'
import { sameOrigin } from './security/same-origin.js'
import { TokenCheck, newToken } from './security/token.js'

/** Options of `serve`. */
export interface ServeOptions {
  /** Where to listen. Beyond loopback, `token` and `tls` are required. */
  readonly listen: ListenAddress | { readonly fd: number }
  /** Options of the puller. */
  readonly open?: OpenOptions
  /** Token that requests over TCP must carry (a new one). A unix socket has none: its mode is 0600. */
  readonly token?: string
  /** Certificate and key, as PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Version of the program, which the API reports. */
  readonly version?: string
  /** Receives what went wrong and does not end the server. */
  readonly onWarning?: (message: string) => void
}

/** A running server. */
export interface RunningServer {
  /** `http://127.0.0.1:5180`, or `unix:PATH`. */
  readonly address: string
  /** Undefined on a unix socket. */
  readonly token: string | undefined
  /** Cancels all pulls, which resume when they are asked for again, and ends. */
  close(): Promise<void>
}

/** Maximum number of headers of a request, and of bytes of all of them. */
const maxHeaders = 100
const maxHeaderSize = 16 * 1024

/** Starts a server. @throws USAGE for an unsafe address, and when it cannot listen there; errors of the store */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { listen: address, tls, version = '0.0.0', onWarning = () => undefined } = options
  assertSafe(options)
  const token = 'kind' in address && address.kind === 'tcp' ? (options.token ?? newToken()) : options.token
  const windlass = await open(options.open)
  const stop = new AbortController()
  const run = randomBytes(6).toString('hex')
  const history = await History.open(windlass.store, run, onWarning)
  const info = infoOf(windlass, run, version, options.open)
  const feed = new Feed(run)
  const book = new PullBook({ windlass, feed, history, info })
  const jobs = new StoreJobs(windlass, feed)
  const parts: ServerParts = { windlass, info, feed, book, jobs, history, signal: stop.signal }
  const hosts = new Set<string>()
  const app = appOf(parts, token, hosts)
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls && { createServer: createHttpsServer }),
    serverOptions: { maxHeaderSize, ...tls },
  }) as HttpServer | HttpsServer
  server.maxHeadersCount = maxHeaders
  server.headersTimeout = 10_000
  const bound = await listen(server as HttpServer, address).catch(async (error: unknown) => {
    await history.close()
    await windlass.close()
    throw error
  })
  const at = server.address()
  if (at !== null && typeof at === 'object')
    for (const host of [hostAndPort(at), `localhost:${at.port}`, ...namesOf(address, at.port)])
      hosts.add(host.toLowerCase())
  return {
    address: tls ? bound.replace(/^http:/, 'https:') : bound,
    token,
    close: async () => {
      stop.abort()
      server.close()
      await Promise.all([book.close(), jobs.close()])
      await windlass.close()
      await history.close()
      server.closeAllConnections()
    },
  }
}

/** @throws USAGE when others could reach the server without a token or read what is sent */
function assertSafe({ listen: address, token, tls }: ServeOptions): void {
  if (!('kind' in address) || address.kind === 'unix' || isLoopback(address.host)) return
  if (token !== undefined && tls) return
  throw new WindlassError('USAGE', `Other machines can reach ${address.host}: this needs a token and TLS`, {
    hint: 'Add --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.',
  })
}

const namesOf = (address: ServeOptions['listen'], port: number): readonly string[] =>
  'kind' in address && address.kind === 'tcp' ? [`${address.host}:${port}`] : []

const infoOf = (
  { store }: Windlass,
  run: string,
  version: string,
  { retries = 5 }: OpenOptions = {},
): ServerInfo => ({
  ...{ version, run, store, retries, historySize },
  startedAt: Date.now(),
  platform: formatPlatform(hostPlatform()),
  processors: availableParallelism(),
})

/** Returns the application. `hosts` is filled once the port is known. */
function appOf(parts: ServerParts, token: string | undefined, hosts: ReadonlySet<string>): Hono {
  const app = new Hono()
  const check = token === undefined ? undefined : new TokenCheck(token)
  app.onError((error, context) => failure(context, error))
  app.notFound((context) =>
    failureWith(context, 404, { code: 'USAGE', message: `This server has nothing at ${context.req.path}` }),
  )
  app.use(securityHeaders)
  app.use(boundedRate())
  app.use(async (context, next) => sameOrigin(hosts.size > 0 ? hosts : undefined)(context, next))
  app.use('/api/*', async (context, next) => {
    if (check && !check.accepts(context.req.header('authorization')))
      return failureWith(context, 401, {
        code: 'UNAUTHORIZED',
        message: 'The token of the request is missing or wrong',
        hint: 'Use the address or the token that `windlass serve` printed.',
      })
    await next()
    return undefined
  })
  app.route('/api/v1', apiRoutes(parts))
  return app
}
