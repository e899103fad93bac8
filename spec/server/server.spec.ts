/** A server as its clients meet it: who is answered, and what the API does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { firstValueFrom, filter } from 'rxjs'
import { WindlassClient } from '../../lib/api/index.js'
import { socketFetch } from '../../lib/remote/socket-fetch.js'
import { buildImage, faults, putImage, startRegistry, type TestRegistry } from '../../lib/testing/index.js'
import { type ListenAddress, type RunningServer, type ServeOptions, serve } from '../../server/index.js'
import { openPaths } from '../support/open-paths.js'

const loopback: ListenAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 }
const content = (bytes: number): { entries: { path: string; content: Buffer }[] } => ({
  entries: [{ path: 'etc/motd', content: Buffer.alloc(bytes, 'x') }],
})
const image = buildImage({ layers: [content(10), { entries: [{ path: 'top', content: 'top' }] }] })

let top: string
let servers: RunningServer[] = []
beforeEach(() => (top = mkdtempSync(join(tmpdir(), 'windlass-server-'))))
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()))
  servers = []
  rmSync(top, { recursive: true, force: true })
})

async function started(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ listen: [loopback], open: { store: join(top, 'store') }, ...options })
  servers.push(server)
  return server
}

const clientOf = ({ addresses, token }: RunningServer): WindlassClient =>
  new WindlassClient({ url: addresses[0]!, token })

/** Sends a request as it is, with any `Host`. */
function send(
  server: RunningServer,
  path: string,
  {
    headers = {},
    method = 'GET',
    body = '',
  }: { headers?: Record<string, string>; method?: string; body?: string } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(server.addresses[0]! + path, { method, headers }, (response) => {
      response.resume()
      resolve(response)
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
const withToken = ({ token }: RunningServer): Record<string, string> => ({ authorization: `Bearer ${token}` })

describe('a server on loopback', () => {
  it.each([
    ['/api/v1/info', {}],
    ['/api/v1/pulls', { authorization: 'Bearer wrong' }],
    ['/api/v1/events', { authorization: 'Bearer' }],
    ['/v1.43/images/json', {}],
    ['/_ping', {}],
  ])('answers %s with %j only with the token', async (path, headers) => {
    const server = await started()
    expect((await send(server, path, { headers })).statusCode).toBe(401)
    const { statusCode } = await send(server, path.replace('events', 'history'), {
      headers: withToken(server),
    })
    expect(statusCode).toBe(200)
  })

  it('refuses a foreign host name and pages of other origins, also with the token', async () => {
    const server = await started()
    const foreign = [
      { host: 'evil.example' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of foreign) {
      const all = { ...withToken(server), ...headers }
      expect((await send(server, '/api/v1/info', { headers: all })).statusCode, JSON.stringify(headers)).toBe(
        403,
      )
    }
    const own = { ...withToken(server), origin: server.addresses[0]!, 'sec-fetch-site': 'same-origin' }
    expect((await send(server, '/api/v1/info', { headers: own })).statusCode).toBe(200)
  })

  it('permits scripts, styles and connections of its own only, and no cross-origin reads', async () => {
    const { headers } = await send(await started(), '/nothing')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
    expect(headers['access-control-allow-origin']).toBeUndefined()
    expect(headers['set-cookie']).toBeUndefined()
  })

  it('refuses bodies and headers that are too large', async () => {
    const server = await started()
    const headers = { ...withToken(server), 'content-type': 'application/json' }
    const body = JSON.stringify({ image: 'x'.repeat(100_000) })
    expect((await send(server, '/api/v1/pulls', { method: 'POST', headers, body })).statusCode).toBe(413)
    const long = { ...headers, 'x-long': 'x'.repeat(20_000) }
    expect((await send(server, '/api/v1/info', { headers: long })).statusCode).toBe(431)
  })

  it.each([
    ['no JSON', '{', 'The body of the request is not JSON'],
    ['no image', '{}', 'The body of the request is wrong at image: expected string'],
    ['an invalid name', '{"image":"A//b"}', expect.stringContaining('A//b')],
    ['an invalid platform', '{"image":"a","platform":"all"}', expect.stringContaining('all')],
  ])('answers an order with %s with 400 and what is wrong', async (_, body, message) => {
    const server = await started()
    const response = await fetch(`${server.addresses[0]}/api/v1/pulls`, {
      ...{ method: 'POST', body },
      headers: withToken(server),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message } })
  })

  it('names nothing of the user in the files of the page, and leads no path out of them', async () => {
    const server = await started()
    for (const path of ['/ui/../../package.json', '/ui/%2e%2e%2fpackage.json', '/ui/.env', '/ui/nothing.js'])
      expect((await send(server, path)).statusCode).toBe(404)
  })
})

describe('an address', () => {
  it('beyond loopback is refused without a token and TLS', async () => {
    const listen: ListenAddress[] = [{ kind: 'tcp', host: '0.0.0.0', port: 0 }]
    for (const options of [{ listen }, { listen, token: 'secret' }])
      await expect(started(options)).rejects.toMatchObject({
        code: 'USAGE',
        hint: expect.stringContaining('--token-file'),
      })
  })

  it('that is a unix socket is open to the user alone, needs no token, and replaces a socket without a server', async () => {
    const path = join(top, 'w.sock')
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('listens'))`
    const other = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(other.stdout, 'data')
    await expect(started({ listen: [{ kind: 'unix', path }] })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('another server listens there'),
    })
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(statSync(path).isSocket()).toBe(true)
    const server = await started({ listen: [{ kind: 'unix', path }] })
    expect(server.addresses).toEqual([`unix:${path}`])
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const client = new WindlassClient({ url: 'http://localhost', fetch: socketFetch(path) })
    expect(await client.info()).toMatchObject({ store: join(top, 'store') })
  })

  it('that is a file is refused, and the file stays', async () => {
    const path = join(top, 'notes.txt')
    writeFileSync(path, 'notes')
    await expect(started({ listen: [{ kind: 'unix', path }] })).rejects.toMatchObject({
      message: expect.stringContaining('it exists and is not a socket'),
    })
    expect(statSync(path).size).toBe(5)
  })
})

describe('the API', () => {
  let registry: TestRegistry
  let name: string
  beforeEach(async () => {
    registry = await startRegistry()
    await putImage(registry, 'team/app', '1', image)
    name = `${registry.host}/team/app:1`
  })
  afterEach(() => registry.close())

  const order = { platform: 'linux/amd64' }
  const ended = (client: WindlassClient, id: string): Promise<unknown> =>
    firstValueFrom(client.events(id).pipe(filter(({ type }) => type === 'end')))

  it('starts a pull, lists it, its image, its files and its history', async () => {
    const client = clientOf(await started())
    const { id } = await client.pull(name, order)
    expect(await ended(client, id)).toMatchObject({ outcome: 'done' })
    expect(await client.pulls()).toMatchObject([{ id, state: 'done', progress: { fraction: 1 } }])
    const { images } = await client.images()
    expect(images).toMatchObject([
      { name, layers: image.layers.map(({ digest }) => ({ digest })), usedBy: [] },
    ])
    expect((await client.files(name, { path: '/etc' })).files).toMatchObject([
      { path: '/etc/motd', layer: 1 },
    ])
    expect((await client.files(name, { find: 'top' })).files).toMatchObject([{ path: '/top', layer: 2 }])
    expect(await client.history()).toMatchObject([{ id, state: 'done', name, upToDate: false }])
  })

  it('pauses, prefers, resumes and cancels a pull, and starts it again', async () => {
    registry.addFault(faults.stall(1, { reference: image.layers[0]!.digest, times: Infinity }))
    const client = clientOf(await started())
    const { id } = await client.pull(name, { ...order, priority: 2 })
    expect(await client.pause(id)).toMatchObject({ state: 'paused', priority: 2 })
    expect(await client.change(id, { priority: 5 })).toMatchObject({ state: 'paused', priority: 5 })
    expect(await client.resume(id)).toMatchObject({ state: 'running' })
    const end = ended(client, id)
    await client.cancel(id)
    expect(await end).toMatchObject({ outcome: 'cancelled' })
    await expect(client.pause(id)).rejects.toMatchObject({ code: 'PULL_ENDED', subject: { status: 409 } })
    registry.clearFaults()
    const again = await client.again(id)
    expect(again).toMatchObject({ resumes: id, order: { image: name } })
    expect(await ended(client, again.id)).toMatchObject({ outcome: 'done' })
    expect((await client.pulls()).map((pull) => pull.id)).toEqual([again.id])
    expect(await client.clear()).toEqual([])
  })

  it('changes limits, and refuses wrong ones without a change', async () => {
    const client = clientOf(await started())
    const changed = await client.setLimits({ maxDownloads: 7, bytesPerSecond: 1_000_000 })
    expect(changed).toMatchObject({ maxDownloads: 7, bytesPerSecond: 1_000_000, isAuto: false })
    await expect(client.setLimits({ maxDownloads: 0 })).rejects.toMatchObject({ code: 'USAGE' })
    expect(await client.limits()).toEqual(changed)
    expect(await client.setLimits({ bytesPerSecond: null })).toMatchObject({ bytesPerSecond: null })
  })

  it('removes a name, collects and verifies, and tells watchers', async () => {
    const client = clientOf(await started())
    await ended(client, (await client.pull(name, order)).id)
    const seen = firstValueFrom(
      client.watch().pipe(filter(({ tasks }) => tasks.filter(({ state }) => state === 'done').length === 2)),
    )
    await client.verify()
    await client.removeImage(name)
    await client.collect()
    const { tasks } = await seen
    expect(tasks.find(({ kind }) => kind === 'verify')).toMatchObject({ problems: [] })
    expect(tasks.find(({ kind }) => kind === 'collect')!.bytes).toBeGreaterThan(0)
    expect((await client.images()).images).toEqual([])
  })

  it('answers an unknown pull, task or image with 404', async () => {
    const client = clientOf(await started())
    await expect(client.onePull('nothing')).rejects.toMatchObject({
      code: 'PULL_UNKNOWN',
      subject: { status: 404 },
    })
    await expect(client.task('nothing')).rejects.toMatchObject({ code: 'PULL_UNKNOWN' })
    await expect(client.files('nothing')).rejects.toMatchObject({ code: 'IMAGE_UNKNOWN' })
  })
})

describe('a server', () => {
  const order = { platform: 'linux/amd64' }

  it('counts requests and warnings beside the listeners that it was given, and is told of its puller first', async () => {
    await using registry = await startRegistry()
    await putImage(registry, 'team/app', '1', image)
    const requests: string[] = []
    let isReady = false
    const server = await started({
      open: { store: join(top, 'store'), onRequest: ({ url }) => requests.push(url), retries: 2 },
      onOpen: async () => {
        await sleep(20)
        isReady = true
      },
    })
    expect(isReady).toBe(true)
    const client = clientOf(server)
    expect(await client.info()).toMatchObject({ retries: 2, version: '0.0.0' })
    const { id } = await client.pull(`${registry.host}/team/app:1`, order)
    await firstValueFrom(client.events(id).pipe(filter(({ type }) => type === 'end')))
    expect(requests.length).toBeGreaterThan(2)
    const metrics = await fetch(`${server.addresses[0]}/metrics`, { headers: withToken(server) })
    expect(await metrics.text()).toMatch(/windlass_registry_requests_total\{.*\} [1-9]/)
  })

  it('tells its watchers how their pulls end when it ends, and then ends their streams', async () => {
    await using registry = await startRegistry()
    await putImage(registry, 'team/app', '1', image)
    registry.addFault(faults.stall(1, { reference: image.layers[0]!.digest, times: Infinity }))
    const server = await started()
    const { id } = await clientOf(server).pull(`${registry.host}/team/app:1`, order)
    const stream = await fetch(`${server.addresses[0]}/api/v1/events`, { headers: withToken(server) })
    const text = stream.text()
    await server.close()
    expect(await text).toMatch(new RegExp(`"type":"pull".*"id":"${id}".*"state":"cancelled"`))
    await expect(fetch(server.addresses[0]!)).rejects.toThrow()
  })

  it('opens nothing if one of its addresses cannot be listened on, or its history not be read', async () => {
    const [first, notes] = [join(top, 'w.sock'), join(top, 'notes.txt')]
    writeFileSync(notes, 'notes')
    const listen = [first, notes].map((path) => ({ kind: 'unix', path }) as const)
    await expect(serve({ listen, open: { store: join(top, 'store') } })).rejects.toMatchObject({
      code: 'USAGE',
    })
    const client = new WindlassClient({ url: 'http://localhost', fetch: socketFetch(first) })
    await expect(client.info()).rejects.toThrow()
    rmSync(join(top, 'store'), { recursive: true, force: true })
    mkdirSync(join(top, 'store'))
    writeFileSync(join(top, 'store', 'history'), 'no directory')
    await expect(started()).rejects.toThrow()
    expect(openPaths().filter((path) => path.startsWith(top))).toEqual([])
  })

  it('bounds headers, connections and their times, but not how long an archive takes', async () => {
    const listens = vi.spyOn(Server.prototype, 'listen')
    onTestFinished(() => listens.mockRestore())
    await started()
    expect(listens.mock.contexts[0]).toMatchObject({
      ...{ maxHeadersCount: 100, headersTimeout: 10_000, requestTimeout: 0, maxConnections: 2_048 },
    })
  })

  it('answers to every name of its address, in any case', async () => {
    const server = await started()
    const { port } = new URL(server.addresses[0]!)
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`])
      expect(
        (await send(server, '/api/v1/info', { headers: { ...withToken(server), host } })).statusCode,
      ).toBe(200)
    for (const host of ['localhost', '127.0.0.1:1', `localhost.evil.example:${port}`])
      expect(
        (await send(server, '/api/v1/info', { headers: { ...withToken(server), host } })).statusCode,
      ).toBe(403)
  })
})
