/**
 * A registry in this process, on a loopback port: for tests, for `windlass demo`, and for whoever writes a client. It
 * is filled by its program, read over HTTP, and fails where it is told to.
 */
import {
  createServer as createHttp,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Digest, DigestAlgorithm } from '../../image/digest/digest.js'
import type { Answer } from './answer.js'
import { problem } from './answer.js'
import { gateFor, type Auth } from './auth.js'
import { Contents } from './contents.js'
import { deliver } from './deliver.js'
import { FaultPlan } from './fault-plan.js'
import type { Fault } from './fault.js'
import { targetOf, type RequestLogEntry } from './request-log.js'
import { respond } from './respond.js'

export interface RegistryOptions {
  readonly auth?: Auth
  /** Tags on a page (100). */
  readonly pageSize?: number
  /** Milliseconds before each answer. */
  readonly latency?: number
  readonly bytesPerSecond?: number
  /** PEM; `testCertificate` makes such. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
  readonly faults?: readonly Fault[]
}

/** Answers in place of the registry, or says undefined to let it answer. */
export type Hook = (request: RequestLogEntry) => Answer | undefined | Promise<Answer | undefined>

export interface TestRegistry {
  /** `127.0.0.1:<port>`: the registry in references. */
  readonly host: string
  readonly url: string
  /** Every request so far, oldest first. */
  readonly requests: readonly RequestLogEntry[]
  /** Names of the faults that struck, in order. */
  readonly struck: readonly string[]
  /** Connections that were opened so far. */
  readonly connections: number
  /** Bytes that were put on the wire so far: headers, bodies, and TLS around them. */
  readonly bytesSent: number
  /** The tokens that were given out so far: what must turn up nowhere else. */
  readonly tokens: readonly string[]
  /** @param algorithm of its digest: `sha256` unless said otherwise */
  putBlob(bytes: Uint8Array, algorithm?: DigestAlgorithm): Digest
  /** The bytes of a blob, as `faults.noRange` wants them. */
  blob(digest: string): Buffer | undefined
  /** Under a tag and its digest; told a digest, under that alone, be it the right one or not. */
  putManifest(repository: string, tagOrDigest: string, bytes: Uint8Array, mediaType: string): Digest
  addFault(fault: Fault): void
  hook(answer: Hook): void
  /** Takes all faults and hooks away: from now on it is a registry like any other. */
  calm(): void
  /** Breaks every connection off; resolves when none is left. */
  close(): Promise<void>
}

export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { auth = 'none', pageSize = 100, latency = 0, bytesPerSecond = Infinity, tls } = options
  const contents = new Contents()
  const plan = new FaultPlan(options.faults)
  const requests: RequestLogEntry[] = []
  const counts = new Map<string, number>()
  const hooks: Hook[] = []
  const sockets: Socket[] = []

  const answerTo = async (request: RequestLogEntry): Promise<Answer> => {
    for (const hook of hooks) {
      const answer = await hook(request)
      if (answer !== undefined) return answer
    }
    if (request.kind === 'token') return gate.token(request)
    return gate.refuse(request) ?? respond(request, { contents, base: url, pageSize })
  }
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    incoming.resume()
    const request = logged(incoming, counts)
    requests.push(request)
    const planned = await answerTo(request).catch((error: unknown) => problem(500, 'UNKNOWN', String(error)))
    const answer = plan.apply(planned, request)
    request.status = answer.status
    if (answer.status < 300) gate.served(request)
    await deliver(answer, response, { latency, bytesPerSecond }, incoming.method === 'HEAD')
  }

  const listener: RequestListener = (incoming, response) => {
    response.on('error', () => undefined)
    void serve(incoming, response)
  }
  // Tokens of 20 KB are real.
  const maxHeaderSize = 256 * 1024
  const server =
    tls === undefined
      ? createHttp({ maxHeaderSize }, listener)
      : createHttps({ maxHeaderSize, key: tls.key, cert: tls.cert }, listener)
  server.on('connection', (socket: Socket) => sockets.push(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // listening on TCP: never a pipe's name
  const host = `127.0.0.1:${port}`
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`
  const gate = gateFor(auth, url)

  return {
    host,
    url,
    requests,
    struck: plan.struck,
    tokens: gate.tokens,
    get connections() {
      return sockets.length
    },
    get bytesSent() {
      return sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    },
    putBlob: (bytes, algorithm) => contents.putBlob(bytes, algorithm),
    blob: (digest) => contents.blob(digest),
    putManifest: (...manifest) => contents.putManifest(...manifest),
    addFault: (fault) => plan.add(fault),
    hook: (hook) => void hooks.push(hook),
    calm: () => {
      plan.clear()
      hooks.length = 0
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function logged(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  counts: Map<string, number>,
): RequestLogEntry {
  const target = targetOf(url.replace(/\?.*$/s, ''))
  const key = JSON.stringify(target)
  const nth = (counts.get(key) ?? 0) + 1
  counts.set(key, nth)
  const flat = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : value,
  ])
  return {
    ...target,
    method,
    url,
    nth,
    headers: Object.fromEntries(flat) as Record<string, string | undefined>, // entries made just above
    status: undefined,
  }
}
