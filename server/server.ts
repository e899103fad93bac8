/** The server: HTTP over one puller, on one or more addresses. */
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdaptorServer } from '@hono/node-server'
import type { ServerInfo } from '../lib/api/shapes.js'
import { WindlassError } from '../lib/errors.js'
import { formatPlatform, hostPlatform } from '../lib/image/index.js'
import { type OpenOptions, type Windlass, open } from '../puller/index.js'
import type { ServerParts } from './api/routes.js'
import { type Entrance, appOf } from './app.js'
import { Feed } from './feed/feed.js'
import { History, historySize } from './history/history.js'
import { StoreJobs } from './jobs/store-jobs.js'
import { type ListenAddress, isLoopback } from './listen/address.js'
import { hostAndPort, listen } from './listen/listen.js'
import { ServerMetrics } from './metrics/server-metrics.js'
import { PullBook } from './pulls/pull-book.js'
import { type RegistryOptions, registryOf } from './registry/routes.js'
import { newToken } from './security/token.js'

/** Options of `serve`. */
export interface ServeOptions {
  /** Where to listen. Beyond loopback, `token` and `tls` are required. */
  readonly listen: readonly ListenAddress[]
  /** Options of the puller. */
  readonly open?: OpenOptions
  /** Token that requests over TCP must carry (a new one). A unix socket needs none: its mode is 0600. */
  readonly token?: string
  /** Certificate and key, as PEM text. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Serves the images of the store as a registry that can only be read, at `/v2/` (not served). */
  readonly registry?: RegistryOptions
  /** Version of the program, which the API reports. */
  readonly version?: string
  /** Is called with the puller before the server listens, for example to trace its pulls. */
  readonly onOpen?: (windlass: Windlass) => void | Promise<void>
  /** Receives what went wrong and does not end the server. */
  readonly onWarning?: (message: string) => void
}

/** A running server. */
export interface RunningServer {
  /** In the order of `listen`: `http://127.0.0.1:5180`, or `unix:PATH`. */
  readonly addresses: readonly string[]
  /** Token for the addresses of TCP. */
  readonly token: string
  /** Cancels all pulls, which resume when they are asked for again, and ends. */
  close(): Promise<void>
}

/** Milliseconds that clients have to read the rest of their responses when the server ends. */
const maxFarewell = 500

/** Maximum number of headers of a request, and of bytes of all of them. */
const maxHeaders = 100
const maxHeaderSize = 16 * 1024

/** Maximum number of connections to one address: more than the watchers that the API allows. */
const maxConnections = 2_048

/** Starts a server. @throws USAGE for an unsafe address, and when it cannot listen there; errors of the store */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { tls, version = '0.0.0', onWarning = () => undefined, token = newToken() } = options
  for (const address of options.listen) assertSafe(address, options)
  const metrics = new ServerMetrics()
  const windlass = await open({
    ...options.open,
    onWarning: options.open?.onWarning ?? onWarning,
    onRequest: (report) => {
      metrics.countRequest(report)
      options.open?.onRequest?.(report)
    },
  })
  metrics.follow(windlass)
  await options.onOpen?.(windlass)
  const stop = new AbortController()
  const run = randomBytes(6).toString('hex')
  const history = await History.open(windlass.store, run, onWarning).catch(async (error: unknown) => {
    await windlass.close()
    throw error
  })
  const info = infoOf(windlass, run, version, options.open)
  const feed = new Feed(run)
  const book = new PullBook({ windlass, feed, history, info })
  const jobs = new StoreJobs(windlass, feed)
  const registry = options.registry && registryOf(windlass.store, options.registry)
  const parts: ServerParts = {
    ...{ windlass, info, feed, book, jobs, history, metrics },
    signal: stop.signal,
  }
  const servers: HttpServer[] = []
  const close = async (): Promise<void> => {
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    await Promise.all([book.close(), jobs.close()])
    // Only now: watchers learn how their pulls ended.
    stop.abort()
    await windlass.close()
    await history.close()
    await Promise.race([Promise.all(closed), sleep(maxFarewell, undefined, { ref: false })])
    for (const server of servers) server.closeAllConnections()
  }
  const addresses: string[] = []
  try {
    for (const address of options.listen) {
      const { server, bound } = await enter(address, parts, registry, token, tls)
      servers.push(server)
      addresses.push(bound)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { addresses, token, close }
}

/** Listens on one address. */
async function enter(
  address: ListenAddress,
  parts: ServerParts,
  registry: Entrance['registry'],
  token: string,
  tls: ServeOptions['tls'],
): Promise<{ readonly server: HttpServer; readonly bound: string }> {
  const isTcp = address.kind === 'tcp'
  const isLocal = !isTcp || isLoopback(address.host)
  const names = new Set<string>()
  const hosts = !isTcp ? undefined : isLocal ? names : 'any'
  const entrance: Entrance = { token: isTcp ? token : undefined, hosts, isLocal, registry }
  const app = appOf(parts, entrance)
  const server = createAdaptorServer({
    fetch: app.fetch,
    ...(tls && isTcp
      ? { createServer: createHttpsServer, serverOptions: { maxHeaderSize, ...tls } }
      : { serverOptions: { maxHeaderSize } }),
  }) as HttpServer
  server.maxHeadersCount = maxHeaders
  server.headersTimeout = 10_000
  // The archive of an image may take as long as it takes. Other bodies are bounded in size.
  server.requestTimeout = 0
  server.maxConnections = maxConnections
  const bound = await listen(server, address)
  const at = server.address()
  if (address.kind === 'tcp' && at !== null && typeof at === 'object')
    for (const host of [hostAndPort(at), `localhost:${at.port}`, `${address.host}:${at.port}`])
      names.add(host.toLowerCase())
  return { server, bound: tls && isTcp ? bound.replace(/^http:/, 'https:') : bound }
}

/** @throws USAGE when others could reach the server without a token or read what is sent */
function assertSafe(address: ListenAddress, { token, tls }: ServeOptions): void {
  if (address.kind !== 'tcp' || isLoopback(address.host)) return
  if (token !== undefined && tls) return
  throw new WindlassError('USAGE', `Other machines can reach ${address.host}: this needs a token and TLS`, {
    hint: 'Add --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.',
  })
}

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
