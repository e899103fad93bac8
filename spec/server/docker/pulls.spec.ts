import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { buildImage, buildIndex, putImage, type BuiltImage } from '../../../lib/testing/images/index.js'
import { startRegistry, type TestRegistry } from '../../../lib/testing/registry/index.js'
import { type DockerServer, registryAuth, startDockerServer, wordsOf } from '../../support/docker-server.js'
import { digest, pullOf, routeOf } from './pull-route.js'

const imageOf = (name: string, architecture = 'amd64'): BuiltImage =>
  buildImage({
    layers: [
      { entries: [{ path: 'base', content: 'b' }] },
      { entries: [{ path: name, content: name.repeat(1_000) }] },
    ],
    platform: { os: 'linux', architecture },
  })
const idsOf = ({ layers }: BuiltImage): string[] => layers.map(({ digest }) => digest.slice(7, 19))

describe('a pull through the API of Docker', () => {
  let docker: DockerServer
  const image = imageOf('one')
  const other = imageOf('two')
  const index = buildIndex([imageOf('three'), imageOf('three', 'arm64')])
  beforeAll(async () => {
    docker = await startDockerServer()
    await putImage(docker.registry, 'team/app', '1', image)
    await putImage(docker.registry, 'team/app', '2', other)
    await putImage(docker.registry, 'team/multi', 'latest', index)
  })
  afterAll(() => docker[Symbol.asyncDispose]())
  const name = (): string => `${docker.registry.host}/team/app`

  it('sends the words of dockerd, and again that the image is up to date', async () => {
    const [base, top] = idsOf(image)
    const first = await docker.pull('team/app', '1')
    expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    const words = wordsOf(first)
    expect(words.slice(0, 3)).toEqual([
      '1: Pulling from team/app',
      `${base}: Pulling fs layer`,
      `${top}: Pulling fs layer`,
    ])
    expect(words.slice(-2)).toEqual([
      `Digest: ${image.manifest.digest}`,
      `Status: Downloaded newer image for ${name()}:1`,
    ])
    for (const id of [base, top])
      expect(words.filter((each) => each.startsWith(id!))).toEqual([
        `${id}: Pulling fs layer`,
        `${id}: Verifying Checksum`,
        `${id}: Download complete`,
        `${id}: Pull complete`,
      ])
    expect(wordsOf(await docker.pull('team/app', '1'))).toEqual([
      '1: Pulling from team/app',
      `Digest: ${image.manifest.digest}`,
      `Status: Image is up to date for ${name()}:1`,
    ])
  })

  it('takes a name without a registry as one of Docker Hub, whatever registries.conf says', async () => {
    const conf = join(mkdtempSync(join(tmpdir(), 'wd-')), 'registries.conf')
    onTestFinished(() => rmSync(dirname(conf), { recursive: true }))
    writeFileSync(
      conf,
      `[aliases]\n"team/app" = "${name()}"\n[[registry]]\nlocation = "docker.io"\nblocked = true\n`,
    )
    await using configured = await startDockerServer({ open: { registriesConf: conf } })
    for (const query of ['fromImage=team/app&tag=1', 'fromImage=team/app']) {
      const before = docker.registry.requests.length
      const { text } = await configured.send('POST', `/v1.51/images/create?${query}`)
      expect(text).toMatch(/blocked|denied/)
      expect(docker.registry.requests.length).toBe(before)
    }
  })

  it('shares layers with the images of the store', async () => {
    await docker.pull('team/app', '1')
    expect(wordsOf(await docker.pull('team/app', '2'))).toContain(`${idsOf(image)[0]}: Already exists`)
  })

  it('takes a digest as the tag, and a tag in the name', async () => {
    const { digest } = image.manifest
    const byDigest = wordsOf(await docker.pull('team/app', digest))
    expect(byDigest[0]).toBe(`${name()}@${digest}: Pulling from team/app`)
    expect(byDigest.at(-1)).toBe(`Status: Downloaded newer image for ${name()}@${digest}`)
    const inName = await docker.send('POST', `/images/create?fromImage=${encodeURIComponent(`${name()}:2`)}`)
    expect(wordsOf(inName).at(-1)).toMatch(/ for .*\/team\/app:2$/)
  })

  it('takes all tags of a repository if it names none, and ends with one line for all', async () => {
    const words = wordsOf(await docker.send('POST', `/v1.30/images/create?fromImage=${name()}`))
    expect(words).toEqual(expect.arrayContaining(['1: Pulling from team/app', '2: Pulling from team/app']))
    expect(words.filter((each) => each.startsWith('Status:'))).toHaveLength(1)
    expect(words.at(-1)).toMatch(/^Status: .* for .*\/team\/app$/)
    expect(words.filter((each) => each.startsWith('Digest:'))).toHaveLength(2)
  })

  it('chooses the platform that is asked for', async () => {
    const path = `/images/create?fromImage=${docker.registry.host}/team/multi&tag=latest&platform=`
    await docker.send('POST', `${path}linux/arm64`)
    const inspected = await docker.send('GET', `/images/${docker.registry.host}/team/multi:latest/json`)
    expect(inspected.json).toMatchObject({ Architecture: 'arm64' })
    expect(wordsOf(await docker.send('POST', `${path}linux/s390x`))).toEqual([
      'latest: Pulling from team/multi',
      'no matching manifest for linux/s390x in the manifest list entries',
    ])
    expect(await docker.send('POST', `${path}nonsense/a/b/c`)).toMatchObject({ status: 400 })
  })

  it('has a status of its own for a failure before the first line', async () => {
    expect(await docker.pull('team/app', 'nope')).toMatchObject({
      status: 404,
      json: { message: `manifest for ${name()}:nope not found: manifest unknown: manifest unknown` },
    })
    expect(await docker.send('POST', '/images/create?fromImage=team/UPPER&tag=1')).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining('invalid reference format') as unknown },
    })
    expect(await docker.send('POST', '/images/create')).toMatchObject({ status: 400 })
    expect(await docker.send('POST', '/images/create?fromSrc=-')).toMatchObject({ status: 501 })
    expect(await docker.send('POST', '/images/create?fromImage=127.0.0.1:1/app')).toMatchObject({
      status: 500,
    })
  })

  it('has a failure after the first line as error and errorDetail under the status 200', async () => {
    const broken = imageOf('broken')
    await putImage(docker.registry, 'team/broken', '1', broken)
    const missing = broken.layers[1]!.digest
    docker.registry.hook(({ reference }) =>
      reference === missing ? { status: 404, headers: {}, body: Buffer.from('') } : undefined,
    )
    const answer = await docker.pull('team/broken', '1')
    docker.registry.clearFaults()
    expect(answer.status).toBe(200)
    const { error, errorDetail } = answer.lines.at(-1)!
    expect(error).toContain(missing)
    expect(errorDetail).toEqual({ message: error })
  })

  it('is in the list of pulls of the server', async () => {
    await docker.pull('team/app', '1')
    const pulls = (await docker.send('GET', '/api/v1/pulls')).json as {
      state: string
      order: { image: string }
    }[]
    expect(pulls.filter(({ order }) => order.image === `${name()}:1`).map(({ state }) => state)).toContain(
      'done',
    )
  })
})

describe('a client of the API of Docker that disconnects', () => {
  it('cancels its pull, and what was received is resumed', async () => {
    await using docker = await startDockerServer({ registry: { bytesPerSecond: 300_000 } })
    const content = Buffer.from(Array.from({ length: 600_000 }, (_, at) => (at * at) % 251))
    await putImage(
      docker.registry,
      'team/app',
      '1',
      buildImage({ layers: [{ entries: [{ path: 'f', content }] }], compression: 'none' }),
    )
    const response = await docker.begin(
      'POST',
      `/images/create?fromImage=${docker.registry.host}/team/app&tag=1`,
    )
    // It goes once bytes have been counted.
    for await (const chunk of response as AsyncIterable<Buffer>)
      if (chunk.toString().includes('"Downloading"')) break
    response.destroy()
    const stateOf = async (): Promise<string | undefined> =>
      ((await docker.send('GET', '/api/v1/pulls')).json as { state: string }[])[0]?.state
    await expect.poll(stateOf, { timeout: 30_000 }).toBe('cancelled')
    const before = docker.registry.requests.length
    expect(wordsOf(await docker.pull('team/app', '1')).at(-1)).toMatch(/^Status: Downloaded newer image/)
    const ranges = docker.registry.requests.slice(before).flatMap(({ headers }) => headers['range'] ?? [])
    expect(ranges.length).toBeGreaterThan(0)
  })
})

describe('the credentials of a request to the API of Docker', () => {
  let docker: DockerServer
  let tokens: TestRegistry
  beforeAll(async () => {
    docker = await startDockerServer({ registry: { auth: { kind: 'basic', username: 'u', password: 'p' } } })
    tokens = await startRegistry({ auth: { kind: 'token', username: 'u', password: 'p' } })
    await putImage(docker.registry, 'team/app', '1', imageOf('secret'))
    await putImage(tokens, 'team/app', '1', imageOf('secret'))
  })
  afterAll(async () => {
    await docker[Symbol.asyncDispose]()
    await tokens.close()
  })

  it('are those of X-Registry-Auth, and of that request only', async () => {
    const refusal = {
      status: 404,
      json: { message: expect.stringContaining('pull access denied for') as unknown },
    }
    const pull = (headers: Record<string, string>) => docker.pull('team/app', '1', { headers })
    expect(await pull({})).toMatchObject(refusal)
    expect(await pull(registryAuth({ username: 'u', password: 'no' }))).toMatchObject(refusal)
    expect(wordsOf(await pull(registryAuth({ username: 'u', password: 'p' }))).at(-1)).toMatch(/^Status:/)
    // The next one may not use the login of the one before, whose connections and tokens are still there.
    expect(await pull({})).toMatchObject(refusal)
    expect(await pull({ 'x-registry-auth': 'e30=' })).toMatchObject(refusal)
  })

  it('do not reach another request through a token of the token server', async () => {
    const pull = (headers: Record<string, string>) =>
      docker.send('POST', `/images/create?fromImage=${tokens.host}/team/app&tag=1`, { headers })
    expect((await pull(registryAuth({ auth: Buffer.from('u:p').toString('base64') }))).status).toBe(200)
    expect((await pull({})).status).toBe(404)
    expect((await pull(registryAuth({ username: 'u', password: 'p' }))).status).toBe(200)
  })

  it('are taken for all tags of a repository as well', async () => {
    const headers = registryAuth({ username: 'u', password: 'p' })
    const path = `/images/create?fromImage=${docker.registry.host}/team/app`
    expect(wordsOf(await docker.send('POST', path, { headers })).at(-1)).toMatch(/^Status:/)
    expect(await docker.send('POST', path)).toMatchObject({ status: 404 })
  })
})

describe('a server with a policy', () => {
  it('refuses an image that is not signed before any blob is requested, and keeps nothing', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const keys = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    await using docker = await startDockerServer({ open: { policy: { keys } } })
    await putImage(docker.registry, 'team/app', '1', imageOf('one'))
    const { text } = await docker.pull('team/app', '1')
    expect(text).toContain('it is not signed')
    expect(text).not.toContain('Pull complete')
    const blobs = docker.registry.requests.filter(({ url }) => url.includes('/blobs/'))
    expect(blobs).toEqual([])
    expect((await docker.send('GET', '/v1.51/images/json')).json).toEqual([])
  })
})

describe('the lines of a pull', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const short = digest.slice('sha256:'.length).slice(0, 12)

  it('count the seconds until the next attempt down, and nothing is left behind at the end', async () => {
    const { one, ask } = routeOf()
    const { words, listeners } = ask('fromImage=quay.io/team/app&tag=1')
    const text = words()
    expect(listeners()).toBe(1)
    one.begin()
    one.retry()
    await vi.advanceTimersByTimeAsync(2_100)
    one.end(new Error('broken'))
    const said = await text
    expect(said.filter((each) => each.includes('Retrying'))).toEqual([
      `${short}: Retrying in 3 seconds`,
      `${short}: Retrying in 2 seconds`,
      `${short}: Retrying in 1 second`,
    ])
    expect(said.at(-1)).toBe('broken')
    expect([listeners(), vi.getTimerCount()]).toEqual([0, 0])
  })

  it('have layers that wait for a slot: those beyond the downloads of the server', async () => {
    const { one, ask } = routeOf(1)
    const { words } = ask('fromImage=quay.io/team/app&tag=1')
    one.begin(`sha256:${'b'.repeat(64)}`)
    one.end(new Error('broken'))
    await vi.runAllTimersAsync()
    expect(await words()).toContain(`${'b'.repeat(12)}: Waiting`)
  })

  it.each(['before', 'after'])(
    'end with the client: its pull is cancelled %s the first line',
    async (when) => {
      const { one, ask, client } = routeOf()
      const { response } = ask('fromImage=quay.io/team/app&tag=1')
      if (when === 'after') {
        one.begin()
        await (await response).body!.cancel()
      } else {
        one.start()
        client.abort()
      }
      expect(one.pull.cancel).toHaveBeenCalledOnce()
      one.end(new WindlassError('CANCELLED', 'gone'))
      await response
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it('are of what was asked for, with the credentials for that registry alone', () => {
    const { start, ask } = routeOf()
    const credentials = { username: 'u', password: 'p' }
    ask('fromImage=quay.io/team/app:&tag=1&platform=linux/arm64', registryAuth(credentials))
    expect(start.mock.calls).toEqual([
      [{ image: 'quay.io/team/app:1', platform: 'linux/arm64' }, { credentials: { 'quay.io': credentials } }],
    ])
  })

  it('of all tags are those of each pull, with one status line, and each pull is listed', async () => {
    const { set, adopt, pullAllTags, ask } = routeOf()
    const { words, listeners } = ask('fromImage=quay.io/team/app&platform=linux/arm64')
    const text = words()
    const options = { platform: 'linux/arm64', failFast: true }
    expect(pullAllTags.mock.calls).toEqual([['quay.io/team/app', options]])
    const pulls = ['1', '2'].map((tag) => pullOf(`quay.io/team/app:${tag}`))
    for (const { pull } of pulls) set.each.next({ name: 'named', pull })
    expect(adopt.mock.calls).toEqual(
      pulls.map(({ pull }) => [pull, { image: 'named', platform: 'linux/arm64' }]),
    )
    for (const { begin, retry } of pulls) {
      begin()
      retry()
    }
    pulls[0]!.end(new WindlassError('CANCELLED', 'no line of its own'))
    await vi.advanceTimersByTimeAsync(1_010)
    pulls[1]!.end()
    set.result.next({ name: 'quay.io/team/app', status: 'up-to-date' })
    await vi.advanceTimersByTimeAsync(100)
    const said = await text
    // Only the pull that goes on counts down.
    expect(said.filter((each) => each.includes('Retrying in 2'))).toHaveLength(1)
    expect(said.at(-1)).toBe('Status: Image is up to date for quay.io/team/app')
    expect(said.join()).not.toContain('no line of its own')
    expect([listeners(), vi.getTimerCount()]).toEqual([0, 0])
  })

  it('of all tags end with the failure, which has a status of its own before the first line', async () => {
    const early = routeOf()
    const { response } = early.ask('fromImage=quay.io/team/app')
    early.set.result.error(new WindlassError('NAME_UNKNOWN', 'unknown'))
    expect((await response).status).toBe(404)
    const late = routeOf()
    const { words, listeners, response: begun } = late.ask('fromImage=quay.io/team/app')
    const { pull, begin } = pullOf()
    late.set.each.next({ name: 'named', pull })
    begin()
    expect((await begun).status).toBe(200)
    late.set.result.error(new WindlassError('NETWORK', 'cut off'))
    await vi.advanceTimersByTimeAsync(100)
    expect((await words()).at(-1)).toContain('cut off')
    expect([listeners(), vi.getTimerCount()]).toEqual([0, 0])
  })

  it.each(['before', 'after'])('of all tags end with the client %s the first line', async (when) => {
    const { set, ask, client } = routeOf()
    const { response } = ask('fromImage=quay.io/team/app')
    const { pull, begin } = pullOf()
    set.each.next({ name: 'named', pull })
    if (when === 'after') {
      begin()
      await (await response).body!.cancel()
    } else client.abort()
    expect(set.cancel).toHaveBeenCalledOnce()
    set.result.error(new WindlassError('CANCELLED', 'gone'))
    await response
  })
})
