/** Schema 1 as the real registry serves it and skopeo writes it, against the same images in schema 2. */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { umociUnpack } from '../../testbench/harness/umoci.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { appImage } from '../../testbench/images/index.js'
import { type TestImage, formOf } from '../../testbench/images/test-image.js'

interface Pulled {
  readonly digest: string
  readonly imageId: string
  readonly mediaType: string
  readonly signatures?: string
  readonly status: string
  readonly layers: readonly { readonly digest: string; readonly diffID: string }[]
}

const signedType = 'application/vnd.docker.distribution.manifest.v1+prettyjws'

describeReal('schema 1', () => {
  let registry: Distribution
  let oldClients: { readonly server: Server; readonly host: string }
  let image: TestImage
  /** Of the manifest that skopeo wrote: of what it signs. */
  let digest: string

  beforeAll(async () => {
    image = await appImage()
    registry = await startDistribution({ schema1: true })
    oldClients = await acceptingNothing(registry.host)
    const from = `dir:${image.directory}/v2s2-gzip`
    const to = (name: string): string => `docker://${registry.host}/${name}`
    await skopeo(['copy', '-q', ...pushOptions(registry), from, to('both/app:latest')])
    await skopeo(['copy', '-q', '--format', 'v2s1', ...pushOptions(registry), from, to('old/app:latest')])
    const head = await fetch(`http://${registry.host}/v2/old/app/manifests/latest`, { method: 'HEAD' })
    expect(head.headers.get('content-type')).toBe(signedType)
    digest = head.headers.get('docker-content-digest') ?? ''
  }, 300_000)
  afterAll(async () => {
    oldClients.server.closeAllConnections()
    oldClients.server.close()
    await registry.stop()
  })

  /** Pulls into a store of its own and gives what was printed. */
  async function pull(name: string) {
    const { store, path } = await workspace()
    const result = await runWindlass(['pull', '--json', '--plain-http', '--store', store, name])
    expectExit(result, 0)
    return { pulled: JSON.parse(result.stdout) as Pulled, store, path }
  }

  /** The same, with all layers put together into one tree, which is the image's. */
  async function pullTree(name: string): Promise<Pulled> {
    const { store, path } = await workspace()
    const rootfs = path('rootfs')
    const result = await runWindlass([
      ...['pull', '--json', '--plain-http'],
      ...['--store', store, '--rootfs', rootfs, name],
    ])
    expectExit(result, 0)
    await expectSameTree(rootfs, image.rootfs)
    return JSON.parse(result.stdout) as Pulled
  }

  it.each([
    ['name', (): string => ''],
    ['tag', (): string => ':latest'],
    ['digest', (): string => `@${digest}`],
  ])('what skopeo wrote, by %s: verified, and the tree of schema 2 (S3-03, S3-06)', async (_, suffix) => {
    const pulled = await pullTree(`${registry.host}/old/app${suffix()}`)
    expect(pulled).toMatchObject({ digest, mediaType: signedType, signatures: 'verified', status: 'newer' })
    expect(pulled.layers.map((layer) => layer.diffID)).toEqual(image.diffIds)
  })

  it.each([
    ['name', (): string => ''],
    ['tag', (): string => ':latest'],
    ['digest', (): string => `@${formOf(image, 'v2s2-gzip').manifest.digest}`],
  ])('where the registry has schema 2, that, by %s (S3-07, S3-08)', async (_, suffix) => {
    const { pulled } = await pull(`${registry.host}/both/app${suffix()}`)
    expect(pulled.digest).toBe(formOf(image, 'v2s2-gzip').manifest.digest)
    expect(pulled.imageId).toBe(image.imageId)
    expect(pulled.layers.map((layer) => layer.diffID)).toEqual(image.diffIds)
    expect(pulled).not.toHaveProperty('signatures')
  })

  it('the rewrite that a client gets which does not accept schema 2, whole and verified (S3-01)', async () => {
    const pulled = await pullTree(`${oldClients.host}/both/app`)
    expect(pulled).toMatchObject({ mediaType: signedType, signatures: 'verified' })
    expect(pulled.digest).not.toBe(formOf(image, 'v2s2-gzip').manifest.digest)
    expect(pulled.layers.map((layer) => layer.diffID)).toEqual(image.diffIds)
  })

  it('a digest that the registry has not is not found, whatever latest is (S3-04)', async () => {
    const { store } = await workspace()
    const missing = `sha256:${'0'.repeat(64)}`
    const before = (await registry.requests()).length
    const name = `${registry.host}/old/app@${missing}`
    expectExit(await runWindlass(['pull', '--plain-http', '--store', store, name]), 4, '')
    const asked = (await registry.requests()).slice(before).map(({ path }) => path)
    expect(asked.filter((path) => path.includes('/manifests/'))).toEqual([`/v2/old/app/manifests/${missing}`])
  })

  it('the config that skopeo makes of it, byte for byte (S4-14, S4-15)', async () => {
    const { pulled, path } = await pull(`${registry.host}/old/app`)
    await skopeo([
      ...['copy', '-q', '--src-tls-verify=false', '--format', 'v2s2'],
      ...[`docker://${registry.host}/old/app`, `dir:${path('converted')}`],
    ])
    const converted = JSON.parse(await readFile(join(path('converted'), 'manifest.json'), 'utf8')) as {
      config: { digest: string }
    }
    expect(pulled.imageId).toBe(converted.config.digest)
  })

  it('what is stored of it is read by skopeo and by umoci', async () => {
    const { pulled, store, path } = await pull(`${registry.host}/old/app`)
    const name = `${registry.host}/old/app:latest`
    const inspected = JSON.parse(await skopeo(['inspect', `oci:${store}:${name}`])) as { Layers: string[] }
    expect(inspected.Layers).toEqual(pulled.layers.map((layer) => layer.digest))
    await skopeo(['copy', '-q', '--preserve-digests', `oci:${store}:${name}`, `dir:${path('copy')}`])
    await expectSameTree(await umociUnpack(`${store}:${name}`, path('bundle')), image.rootfs)
  })

  it('pulled where signatures are required (S2-76)', async () => {
    const { store } = await workspace()
    const flags = ['--plain-http', '--require-schema1-signatures', '--no-unpack', '--store', store]
    expectExit(await runWindlass(['pull', ...flags, `${registry.host}/old/app`]), 0)
  })

  it('pulled again, it is up to date, and the manifest alone is asked for (S2-06)', async () => {
    const { store } = await pull(`${registry.host}/old/app`)
    const before = (await registry.requests()).length
    const again = await runWindlass([
      'pull',
      '--json',
      '--plain-http',
      '--store',
      store,
      `${registry.host}/old/app`,
    ])
    expectExit(again, 0)
    expect(JSON.parse(again.stdout)).toMatchObject({ status: 'up-to-date', digest })
    const asked = (await registry.requests()).slice(before).map(({ method, path }) => `${method} ${path}`)
    expect(asked.filter((each) => each !== 'GET /v2/')).toEqual(['HEAD /v2/old/app/manifests/latest'])
  })

  it('inspects without a request for a layer', async () => {
    const before = (await registry.requests()).length
    const result = await runWindlass(['inspect', '--plain-http', '--json', `${registry.host}/old/app`])
    expectExit(result, 0)
    expect(result.stdout).toContain(digest)
    for (const layer of formOf(image, 'v2s2-gzip').layers) expect(result.stdout).toContain(layer.digest)
    const paths = (await registry.requests()).slice(before).map(({ path }) => path)
    expect(paths.filter((path) => path.includes('/blobs/'))).toEqual([])
  })
})

/** The registry as a client sees it that accepts no particular type: a client of 2015. */
async function acceptingNothing(host: string): Promise<{ server: Server; host: string }> {
  const server = createServer((incoming, response) => {
    const headers = new Map(Object.entries(incoming.headers))
    headers.delete('accept')
    headers.set('host', host)
    const [hostname, port] = host.split(':')
    const onward = request(
      { hostname, port, path: incoming.url, method: incoming.method, headers: Object.fromEntries(headers) },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}
