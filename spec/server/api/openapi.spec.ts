/** The document against the standard, against the routes, and against what a server sends. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEventStream } from '../../../lib/api/event-stream.js'
import { WindlassClient } from '../../../lib/api/index.js'
import { type Operation, operations } from '../../../lib/api/operations.js'
import { buildImage, faults, putImage, startRegistry } from '../../../lib/testing/index.js'
import type { ServerParts } from '../../../server/api/routes.js'
import { apiRoutes } from '../../../server/api/routes.js'
import { openApiDocument } from '../../../server/api/openapi.js'
import { type RunningServer, serve } from '../../../server/index.js'
import { root } from '../../support/source-tree.js'

interface Described {
  readonly operationId: string
  readonly responses: Readonly<Record<string, unknown>>
}
interface Document {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}
const document = openApiDocument('1.2.3') as unknown as Document
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

describe('the document', () => {
  it('is a document of OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(openApiDocument('1.2.3'))).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
    const wrong = { ...openApiDocument('1.2.3'), paths: { pulls: {} } }
    expect(await new Validator().validate(wrong)).toMatchObject({ valid: false })
  })

  it('describes every route of the API, and nothing else', () => {
    const routes = apiRoutes({ info: {}, signal: new AbortController().signal } as ServerParts).routes.filter(
      ({ method }) => method !== 'ALL',
    )
    const listed = routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
    const documented = described.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
    expect(listed.sort()).toEqual(documented.sort())
    expect(documented.length).toBeGreaterThan(15)
  })

  it('is the one in docs/openapi.json', () => {
    const kept = JSON.parse(readFileSync(join(root, 'docs/openapi.json'), 'utf8')) as Document
    // `npm run table -- openapi` writes the file.
    expect(kept).toEqual(openApiDocument(kept.info.version))
  })
})

/** Validates bodies against the schemas of the document. */
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(openApiDocument('1.2.3'), 'api')
const pointer = (...parts: string[]): string =>
  `api#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`

function problemsOf(schema: string, value: unknown): string {
  ajv.validate({ $ref: schema }, value)
  return ajv.errorsText()
}

describe('a server', () => {
  let [top, requested]: [string, Set<string>] = ['', new Set()]
  const closed: (() => Promise<void>)[] = []
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'windlass-openapi-'))
    requested = new Set()
  })
  afterEach(async () => {
    for (const close of closed.splice(0).reverse()) await close()
    rmSync(top, { recursive: true, force: true })
  })

  async function started(): Promise<RunningServer> {
    const server = await serve({
      listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }],
      open: { store: join(top, 'store'), retries: 5, retryDelay: 60_000 },
    })
    closed.push(() => server.close())
    return server
  }

  /** Sends a request of an operation, checks that the document describes the response, and returns its status and body. */
  async function request(
    { addresses, token }: RunningServer,
    id: keyof typeof operations,
    {
      params = {},
      query = {},
      body,
    }: { params?: Record<string, string>; query?: object; body?: unknown } = {},
  ): Promise<{ status: number; body: unknown }> {
    requested.add(id)
    const operation: Operation = operations[id]
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? 'none')
    const search = new URLSearchParams(query as Record<string, string>).toString()
    const response = await fetch(`${addresses[0]}/api/v1${path}${search && `?${search}`}`, {
      method: operation.method.toUpperCase(),
      headers: { authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { status } = response
    const at = ['paths', operation.path, operation.method, 'responses']
    const responses = document.paths[operation.path]![operation.method]!.responses
    expect(Object.keys(responses), `${id} answers ${status}`).toContain(String(status))
    if (operation.response === 'messages' && status === 200) {
      expect(response.headers.get('content-type')).toBe('text/event-stream')
      for await (const { data } of readEventStream(response.body!)) {
        const message: unknown = JSON.parse(data)
        expect(problemsOf(pointer('components', 'schemas', 'ServerMessage'), message)).toBe('No errors')
        return { status, body: message }
      }
    }
    const json: unknown = await response.json()
    const schema =
      status < 300
        ? pointer(...at, String(status), 'content', 'application/json', 'schema')
        : pointer('components', 'schemas', 'ApiFailure')
    expect(problemsOf(schema, json), `${id} answers ${status}`).toBe('No errors')
    return { status, body: json }
  }

  it('answers every operation as the document describes', { timeout: 30_000 }, async () => {
    const registry = await startRegistry()
    closed.push(() => registry.close())
    const image = buildImage({ layers: [{ entries: [{ path: 'etc/motd', content: 'hello' }] }] })
    await putImage(registry, 'team/app', '1', image)
    const name = `${registry.host}/team/app:1`
    const server = await started()
    const client = new WindlassClient({ url: server.addresses[0]!, token: server.token })
    const { body: order } = await request(server, 'startPull', {
      body: { image: name, platform: 'linux/amd64' },
    })
    const { id } = order as { id: string }
    await new Promise<void>((resolve) => client.events(id).subscribe({ complete: () => resolve() }))

    await request(server, 'getInfo')
    expect((await request(server, 'describeApi')).body).toHaveProperty('openapi', '3.1.1')
    await request(server, 'listPulls')
    expect((await request(server, 'getPull', { params: { id } })).body).toMatchObject({ state: 'done' })
    await request(server, 'getLimits')
    await request(server, 'setLimits', { body: { bytesPerSecond: 1_000_000 } })
    await request(server, 'setLimits', { body: { bytesPerSecond: null } })
    expect((await request(server, 'watch')).body).toMatchObject({ type: 'state' })
    expect((await request(server, 'watch', { query: { pull: id } })).status).toBe(200)
    expect((await request(server, 'listImages')).body).toMatchObject({ images: [{ name }] })
    expect((await request(server, 'listFiles', { query: { image: name, path: '/etc' } })).status).toBe(200)
    await request(server, 'listFiles', { query: { image: name, find: 'motd' } })
    await request(server, 'listHistory')
    const { body: task } = await request(server, 'startTask', { body: { kind: 'verify' } })
    await request(server, 'getTask', { params: { id: (task as { id: string }).id } })
    await request(server, 'listTasks')

    // A pull that waits for a retry can be changed.
    const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })
    await putImage(registry, 'team/other', '1', other)
    registry.addFault(faults.status(503, { repository: 'team/other', times: Infinity }))
    const running = await client.pull(`${registry.host}/team/other:1`, { platform: 'linux/amd64' })
    const params = { id: running.id }
    await request(server, 'changePull', { params, body: { priority: 2 } })
    expect((await request(server, 'retryNow', { params })).status).toBe(200)
    expect((await request(server, 'pullAgain', { params })).status).toBe(400)
    expect((await request(server, 'cancelPull', { params })).status).toBe(200)
    await client.events(running.id).forEach(() => undefined)
    expect((await request(server, 'cancelPull', { params })).status).toBe(409)
    expect((await request(server, 'changePull', { params, body: {} })).status).toBe(409)
    expect((await request(server, 'retryNow', { params })).status).toBe(409)
    const again = await request(server, 'pullAgain', { params })
    expect(again.status).toBe(201)
    await client.cancel((again.body as { id: string }).id)
    expect((await request(server, 'removeImage', { query: { image: name } })).body).toMatchObject({ name })
    await request(server, 'clearPulls')
    expect([...requested].sort()).toEqual(Object.keys(operations).sort())
  })

  it('answers what is wrong or unknown as the document describes', async () => {
    const server = await started()
    const params = { id: 'unknown' }
    const statusOf = async (...args: Parameters<typeof request> extends [unknown, ...infer R] ? R : never) =>
      (await request(server, ...args)).status
    expect(await statusOf('startPull', { body: { image: 'A//b' } })).toBe(400)
    expect(await statusOf('setLimits', { body: { maxDownloads: 0 } })).toBe(400)
    expect(await statusOf('startTask', { body: { kind: 'other' } })).toBe(400)
    expect(await statusOf('changePull', { params, body: { paused: 'yes' } })).toBe(400)
    expect(await statusOf('removeImage')).toBe(400)
    expect(await statusOf('listFiles', { query: { image: '' } })).toBe(400)
    for (const id of ['getPull', 'cancelPull', 'pullAgain', 'retryNow', 'getTask'] as const)
      expect(await statusOf(id, { params })).toBe(404)
    expect(await statusOf('changePull', { params, body: {} })).toBe(404)
    expect(await statusOf('watch', { query: { pull: 'unknown' } })).toBe(404)
    expect(await statusOf('listFiles', { query: { image: 'unknown' } })).toBe(404)
  })

  it('shows the document only to those who may use the API', async () => {
    const { addresses } = await started()
    expect((await fetch(`${addresses[0]}/api/v1/openapi.json`)).status).toBe(401)
  })
})
