/** A server over a store of its own, on a unix socket, beside an embedded registry; and requests to it as clients of Docker send them. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RegistryOptions, startRegistry, type TestRegistry } from '../../lib/testing/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { serve, type RunningServer } from '../../server/index.js'

export interface DockerAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** The body as JSON. */
  readonly json: unknown
  /** The body as lines of JSON. */
  readonly lines: readonly DockerAnswerLine[]
}

export interface DockerAnswerLine {
  readonly status?: string
  readonly id?: string
  readonly progress?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly error?: string
  readonly errorDetail?: { readonly message: string }
  readonly stream?: string
}

export interface DockerRequest {
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

export interface DockerServer extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly server: RunningServer
  readonly socket: string
  readonly store: string
  send(method: string, path: string, request?: DockerRequest): Promise<DockerAnswer>
  /** Sends a request, and resolves with the response when its headers are there. */
  begin(method: string, path: string, request?: DockerRequest): Promise<IncomingMessage>
  pull(repository: string, tag: string, request?: DockerRequest): Promise<DockerAnswer>
}

export async function startDockerServer({
  registry: registryOptions = {},
  open = {},
}: { readonly registry?: RegistryOptions; readonly open?: OpenOptions } = {}): Promise<DockerServer> {
  const directory = mkdtempSync(join(tmpdir(), 'wd-'))
  const socket = join(directory, 'd.sock')
  const store = join(directory, 'store')
  const registry = await startRegistry(registryOptions)
  const server = await serve({
    listen: [{ kind: 'unix', path: socket }],
    open: { store, retryDelay: 10, ...open },
    version: '1.2.3',
  })
  const begin: DockerServer['begin'] = (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        socketPath: socket,
        method,
        path,
        headers: { host: 'docker', ...headers },
        agent: false,
      }
      httpRequest(options as object, resolve)
        .once('error', reject)
        .end(body)
    })
  const send: DockerServer['send'] = async (method, path, request) =>
    answerOf(await begin(method, path, request))
  return {
    ...{ registry, server, socket, store, begin, send },
    pull: (repository, tag, request) =>
      send('POST', `/v1.51/images/create?fromImage=${registry.host}/${repository}&tag=${tag}`, request),
    async [Symbol.asyncDispose]() {
      await server.close()
      await registry.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export async function answerOf(response: IncomingMessage): Promise<DockerAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString()
  return {
    ...{ status: response.statusCode ?? 0, headers: response.headers, bytes, text },
    get json() {
      return JSON.parse(text) as unknown
    },
    get lines() {
      return text
        .split('\r\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as DockerAnswerLine)
    },
  }
}

/** The words of the lines, with their ids; counts of bytes are left out. */
export const wordsOf = ({ lines }: DockerAnswer): string[] =>
  lines
    .filter(({ progressDetail }) => progressDetail?.total === undefined)
    .map(({ id, status, error }) => [id, status ?? error].filter(Boolean).join(': '))

/** The header with credentials, as the client of Docker encodes it. */
export const registryAuth = (value: unknown): Record<string, string> => ({
  'x-registry-auth': Buffer.from(JSON.stringify(value)).toString('base64url'),
})
