/**
 * Starts a registry in this process on a loopback port, for tests of any client and for `windlass demo`. The program
 * adds images and faults; clients read over HTTP or HTTPS.
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
import { type Answer, problem } from './answer.js'
import { gateFor, type Auth } from './auth.js'
import { Contents } from './contents.js'
import { deliver } from './deliver.js'
import { FaultPlan } from './fault-plan.js'
import type { Fault } from './fault.js'
import { receiveBody } from './receive.js'
import { targetOf, type RequestLogEntry } from './request-log.js'
import { respond } from './respond.js'
import { takeManifest } from './take-manifest.js'
import { Uploads } from './uploads.js'

/** Options of `startRegistry`. */
export interface RegistryOptions {
  /** Authentication (`none`). */
  readonly auth?: Auth
  /** Maximum number of tags per page (100). */
  readonly pageSize?: number
  /** Milliseconds before each response (0). */
  readonly latency?: number
  /** Maximum rate of each response body (Infinity). */
  readonly bytesPerSecond?: number

  /**
   * Accept pushes: uploads of blobs, mounts, and manifests. Default: false. If true, a blob belongs to the repositories
   * that it was pushed or mounted to, and to those with a manifest that contains its digest.
   */
  readonly push?: boolean
  /** Offer the referrers API: list manifests by their subject. Default: false, as many registries. */
  readonly referrers?: boolean
  /**
   * What can be removed: tags and manifests, or only manifests by their digests, and with them all of their tags, as in
   * Docker's registry before version 3 (`none`).
   */
  readonly removal?: 'tags' | 'digests' | 'none'
  /** Key and certificate in PEM, for example from `testCertificate`. Without them, the registry uses plain HTTP. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
  readonly faults?: readonly Fault[]
}

/** Returns a response that is sent instead of that of the registry; undefined to let the registry respond. */
export type Hook = (request: RequestLogEntry) => Answer | undefined | Promise<Answer | undefined>

/** A running registry. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>`, the registry part of references. */
  readonly host: string
  /** Base URL without a trailing slash. */
  readonly url: string
  /** All requests so far, oldest first. */
  readonly requests: readonly RequestLogEntry[]
  /** Names of the faults that were applied, in order. */
  readonly appliedFaults: readonly string[]
  /** Number of connections opened so far. */
  readonly connections: number
  /** Number of bytes sent so far, including headers and TLS records. */
  readonly bytesSent: number
  /** Number of bytes received so far in bodies of requests. */
  readonly bytesReceived: number
  /** Number of uploads that are neither completed nor cancelled. */
  readonly openUploads: number
  /** All tokens issued so far. */
  readonly tokens: readonly string[]
  /**
   * Adds a blob to every repository (see `RegistryOptions.push` for a registry with pushes). Returns its digest.
   * @param algorithm algorithm of the digest (`sha256`)
   */
  putBlob(bytes: Uint8Array, algorithm?: DigestAlgorithm): Digest
  /** Returns a blob; undefined if it does not exist. Can be passed to `faults.noRange`. */
  blob(digest: string): Buffer | undefined
  /**
   * Adds a manifest under a tag and its digest, or only under the given digest, even if that is wrong. Returns the
   * digest.
   */
  putManifest(repository: string, tagOrDigest: string, bytes: Uint8Array, mediaType: string): Digest
  /** Adds a fault after the existing ones. */
  addFault(fault: Fault): void
  /** Adds a hook. Hooks are called in order until one returns a response. */
  hook(answer: Hook): void
  /** Removes all faults and hooks. */
  clearFaults(): void
  /** Closes all connections and stops the server. */
  close(): Promise<void>
}

/** Starts a registry on a free port of 127.0.0.1. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { auth = 'none', pageSize = 100, latency = 0, bytesPerSecond = Infinity, push = false, tls } = options
  const { referrers = false, removal = 'none' } = options
  const contents = new Contents({ scoped: push })
  const uploads = new Uploads(contents)
  const faultPlan = new FaultPlan(options.faults)
  const requests: RequestLogEntry[] = []
  const counts = new Map<string, number>()
  const hooks: Hook[] = []
  const sockets: Socket[] = []
  let bytesReceived = 0
  const countReceived = (bytes: number): void => {
    bytesReceived += bytes
  }

  /** Returns the response without faults; undefined if the connection has ended. */
  const respondTo = async (
    request: RequestLogEntry,
    incoming: IncomingMessage,
  ): Promise<Answer | undefined> => {
    for (const hook of hooks) {
      const answer = await hook(request)
      if (answer !== undefined) return answer
    }
    if (request.kind === 'token') return gate.tokenResponse(request)
    const refused = gate.refuse(request)
    if (refused !== undefined) return refused
    const { kind, method } = request
    if (!push || (kind !== 'upload' && !(kind === 'manifest' && method === 'PUT')))
      return respond(request, { contents, base: url, pageSize, referrers, removal })
    const body = await receiveBody(incoming, faultPlan.stopReadingAt(request), countReceived)
    if (body === undefined) return undefined
    return kind === 'upload'
      ? uploads.respond(request, body)
      : takeManifest(request, body, contents, { referrers })
  }
  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = createLogEntry(incoming, counts)
    requests.push(request)
    const ordinaryAnswer = await respondTo(request, incoming).catch((error: unknown) =>
      problem(500, 'UNKNOWN', String(error)),
    )
    if (ordinaryAnswer === undefined) return
    // The rest of the body is read, so that its bytes are counted.
    incoming.on('data', (chunk: Buffer) => countReceived(chunk.length))
    const answer = faultPlan.apply(ordinaryAnswer, request)
    request.status = answer.status
    if (answer.status < 300) gate.recordSuccess(request)
    await deliver(answer, response, { latency, bytesPerSecond }, incoming.method === 'HEAD')
  }

  const listener: RequestListener = (incoming, response) => {
    response.on('error', () => undefined)
    void serve(incoming, response)
  }
  // Some registries issue tokens of 20 kB, which clients send in a header.
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
  const { port } = server.address() as AddressInfo // a server on TCP has no pipe name
  const host = `127.0.0.1:${port}`
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`
  const gate = gateFor(auth, url)

  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    host,
    url,
    requests,
    appliedFaults: faultPlan.applied,
    tokens: gate.tokens,
    get connections() {
      return sockets.length
    },
    get bytesSent() {
      return sockets.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    },
    get bytesReceived() {
      return bytesReceived
    },
    get openUploads() {
      return uploads.open
    },
    putBlob: (bytes, algorithm) => contents.putBlob(bytes, algorithm),
    blob: (digest) => contents.blob(digest),
    putManifest: (...manifest) => contents.putManifest(...manifest),
    addFault: (fault) => faultPlan.add(fault),
    hook: (hook) => void hooks.push(hook),
    clearFaults: () => {
      faultPlan.clear()
      hooks.length = 0
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Creates the log entry of a request and increments its counter in `counts`. */
function createLogEntry(
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
    headers: Object.fromEntries(flat) as Record<string, string | undefined>, // from `flat`
    status: undefined,
  }
}
