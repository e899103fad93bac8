/** Pulls with mirrors: what is asked of whom, and what becomes of mirrors that are dead, die, or send wrong bytes. */
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type BuiltImage, putImage } from '../../lib/testing/images/index.js'
import { type RegistryOptions, type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import type { HostConfiguration, RegistryHost, RepositoryHosts } from '../../lib/registry/index.js'
import type { OpenOptions } from '../../puller/index.js'
import { Workbench, asked, blobPath, blobsIn, imageOf } from '../support/workbench.js'
import {
  blobRequests,
  eventsOf,
  largeImage,
  layerEvents,
  rangesOf,
  wanted,
  warnings,
} from '../support/watching.js'

const repository = 'team/app'

/** A configuration with these mirrors for every repository. */
const mirrorsAt = (
  mirrors: readonly (Partial<RegistryHost> & { readonly host: string })[],
  more: Partial<RepositoryHosts> = {},
): HostConfiguration => ({
  hostsOf: (name) =>
    Promise.resolve({
      mirrors: mirrors.map((mirror) => ({ repository: name.repository, ...mirror })),
      ...more,
    }),
  tlsOf: () => Promise.resolve(undefined),
})

describe('a pull with mirrors', () => {
  const bench = new Workbench()

  async function serving(image: BuiltImage, options?: RegistryOptions): Promise<TestRegistry> {
    const registry = await bench.registry(options)
    await putImage(registry, repository, '1', image)
    return registry
  }

  async function pull(registry: TestRegistry, hosts: HostConfiguration, open: OpenOptions = {}) {
    const puller = await bench.puller({ hosts, ...open })
    const run = puller.pull(`${registry.host}/${repository}:1`, wanted)
    const events = eventsOf(run)
    return { puller, events, image: await run.done }
  }

  it('takes everything from a mirror that may resolve tags', async () => {
    const image = imageOf(['a', 'b'])
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { events } = await pull(registry, mirrorsAt([{ host: mirror.host, namespace: 'docker.io' }]))
    expect(asked(registry)).toEqual([])
    expect(asked(mirror)).toHaveLength(4)
    const paths = mirror.requests.filter(({ kind }) => kind !== 'ping').map(({ url }) => url)
    expect(paths.every((url) => url.endsWith('?ns=docker.io'))).toBe(true)
    expect(events.find(({ type }) => type === 'manifest')).toMatchObject({ host: mirror.host })
    expect(new Set(layerEvents(events).flatMap(({ host }) => host ?? []))).toEqual(new Set([mirror.host]))
    expect(warnings(events)).toEqual([])
  })

  it('asks a mirror for digests only if it may not resolve tags', async () => {
    const image = imageOf(['a'])
    const [registry, mirror] = [await serving(image), await serving(image)]
    await pull(registry, mirrorsAt([{ host: mirror.host, manifests: 'digests' }]))
    expect(asked(registry)).toEqual(['manifest 1'])
    expect(asked(mirror).filter((each) => each.startsWith('blob'))).toHaveLength(2)
  })

  it('does not report what a mirror does not have', async () => {
    const image = imageOf(['a'])
    const registry = await serving(image)
    const mirror = await bench.registry()
    const { events } = await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(asked(mirror)).toHaveLength(3)
    expect(warnings(events)).toEqual([])
  })

  it('moves on from a mirror that refuses connections, and asks it once', async () => {
    const image = imageOf(['a', 'b', 'c'])
    const registry = await serving(image)
    const dead = await closedPort()
    const { events } = await pull(registry, mirrorsAt([{ host: dead }]))
    expect(warnings(events)).toMatchObject([{ code: 'mirror-failed' }])
    expect(warnings(events)[0]!.message).toContain(`${dead}: the connection was refused`)
  })

  it('continues at the same byte when a mirror dies in the middle of a blob', async () => {
    const image = largeImage(3_000_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.reset(2_000_000, { reference: digest, times: Infinity }))
    const { events } = await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(rangesOf(mirror, digest)).toEqual([undefined])
    expect(rangesOf(registry, digest)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-/)])
    const first = Number(/\d+/.exec(rangesOf(registry, digest)[0]!)![0])
    expect(first).toBeGreaterThan(0)
    expect(warnings(events)).toMatchObject([{ code: 'mirror-failed', digest }])
  })

  it('leaves a mirror that stops sending within two seconds', async () => {
    const image = largeImage(3_000_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.stall(1_000_000, { reference: digest, times: Infinity }))
    const before = performance.now()
    await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(performance.now() - before).toBeLessThan(4_000)
    expect(rangesOf(registry, digest)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-/)])
  })

  it('names a mirror that sends wrong bytes, and fetches the blob from elsewhere', async () => {
    const image = largeImage(500_000, 400_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.wrongByte(100_000, { reference: digest, times: Infinity }))
    const { events, puller } = await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(warnings(events)).toMatchObject([{ code: 'mirror-failed', digest }])
    expect(rangesOf(registry, digest)).toEqual([undefined])
    // The mirror is left for good.
    const before = mirror.requests.length
    await rm(blobPath(puller.store, digest))
    expect(await blobsIn(puller.store)).not.toContain(digest)
    await puller.pull(`${registry.host}/${repository}:1`, { ...wanted, refresh: true }).done
    expect(mirror.requests).toHaveLength(before)
  })

  it('blames the mirror for wrong bytes that it sent before it died, not the registry that sent the rest', async () => {
    const image = largeImage(3_000_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.wrongByte(10, { reference: digest, times: Infinity }))
    mirror.addFault(faults.reset(2_000_000, { reference: digest, times: Infinity }))
    const { events } = await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(blobRequests(mirror, digest)).toHaveLength(1)
    expect(rangesOf(registry, digest)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-/), undefined])
    const said = warnings(events).map(({ message }) => message)
    expect(said.some((message) => message.includes(`${mirror.host} sent wrong bytes of the layer`))).toBe(
      true,
    )
    expect(said.every((message) => !message.startsWith(registry.host))).toBe(true)
  })

  it('blames the mirror for wrong bytes that it sent in an earlier attempt', async () => {
    const image = largeImage(3_000_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.wrongByte(10, { reference: digest, times: Infinity }))
    mirror.addFault(faults.reset(1_000_000, { reference: digest, times: Infinity }))
    registry.addFault(faults.reset(1_000_000, { reference: digest, times: 1 }))
    const { events, puller } = await pull(registry, mirrorsAt([{ host: mirror.host }]), { retries: 2 })
    const rest = expect.stringMatching(/^bytes=[1-9]\d*-/) as string
    expect(rangesOf(registry, digest)).toEqual([rest, rest, undefined])
    expect(blobRequests(mirror, digest)).toHaveLength(1)
    expect(warnings(events).map(({ message }) => message)).toContain(
      `${mirror.host} sent wrong bytes of the layer ${digest}`,
    )
    // Wrong bytes are remembered for longer than a connection that broke off.
    const before = mirror.requests.length
    await puller.pull(`${registry.host}/${repository}:1`, { ...wanted, refresh: true }).done
    expect(mirror.requests).toHaveLength(before)
  })

  it('with the fastest source, lets the registry overtake a mirror that stops in the middle of a blob', async () => {
    const image = largeImage(3_000_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.stall(1_000_000, { reference: digest, times: Infinity }))
    const hosts = mirrorsAt([{ host: mirror.host }])
    const { events } = await pull(registry, hosts, { sources: 'fastest' })
    expect(rangesOf(mirror, digest)).toEqual([undefined])
    expect(rangesOf(registry, digest)).toEqual([expect.stringMatching(/^bytes=[1-9]\d*-/)])
    expect(warnings(events)).toEqual([])
    expect(layerEvents(events, digest).some(({ status }) => status === 'restart')).toBe(false)
  })

  it('with the fastest source, names a mirror that sends wrong bytes, and asks the registry alone', async () => {
    const image = largeImage(500_000)
    const [registry, mirror] = [await serving(image), await serving(image)]
    const { digest } = image.layers[0]!
    mirror.addFault(faults.wrongByte(100_000, { reference: digest, times: Infinity }))
    const { events } = await pull(registry, mirrorsAt([{ host: mirror.host }]), { sources: 'fastest' })
    expect(warnings(events)).toMatchObject([{ code: 'mirror-failed', digest }])
    expect(rangesOf(registry, digest)).toEqual([undefined])
  })

  it.each([
    ['backend', 503, false],
    ['backend', 403, false],
    ['proxy', 404, true],
    ['dfdaemon', 500, true],
  ] as const)(
    'takes an error of Dragonfly of the type %s with the status %i for a failure of the mirror: %s',
    async (type, status, isFailure) => {
      const image = imageOf(['a', 'b', 'c'])
      const [registry, mirror] = [await serving(image), await serving(image)]
      const { digest } = image.layers[0]!
      const headers = { 'x-dragonfly-error-type': type, 'x-dragonfly-task-id': 'a-task' }
      mirror.hook(({ reference }) =>
        reference === digest ? { status, headers, body: Buffer.alloc(0) } : undefined,
      )
      const { events, puller } = await pull(registry, mirrorsAt([{ host: mirror.host }]))
      expect(warnings(events).map(({ code, digest: of }) => ({ code, of }))).toEqual(
        isFailure ? [{ code: 'mirror-failed', of: digest }] : [],
      )
      expect(rangesOf(registry, digest)).toEqual([undefined])
      // A mirror that has failed is not asked again.
      const before = mirror.requests.length
      await puller.pull(`${registry.host}/${repository}:1`, { ...wanted, refresh: true }).done
      expect(mirror.requests.length > before).toBe(!isFailure)
    },
  )

  it('takes the config from elsewhere when a mirror sends a wrong one', async () => {
    const image = imageOf(['a'])
    const [registry, mirror] = [await serving(image), await serving(image)]
    mirror.addFault(faults.body('{}', { reference: image.config.digest }))
    await pull(registry, mirrorsAt([{ host: mirror.host }]))
    expect(asked(registry)).toContain(`blob ${image.config.digest}`)
  })

  it('refuses a manifest of a mirror that has another digest', async () => {
    const image = imageOf(['a'])
    const [registry, mirror] = [await serving(image), await serving(image)]
    mirror.addFault(faults.body('{"schemaVersion":2}', { kind: 'manifest' }))
    const puller = await bench.puller({ hosts: mirrorsAt([{ host: mirror.host }]) })
    const run = puller.pull(`${registry.host}/${repository}@${image.manifest.digest}`, wanted)
    const events = eventsOf(run)
    expect((await run.done).digest).toBe(image.manifest.digest)
    expect(warnings(events)).toMatchObject([{ code: 'mirror-failed' }])
  })

  it('keeps the credentials of a mirror and of the registry apart', async () => {
    const image = imageOf(['a'])
    const auth = (password: string) => ({ kind: 'basic', username: 'u', password }) as const
    const registry = await serving(image, { auth: auth('registry-secret') })
    const mirror = await serving(image, { auth: auth('mirror-secret') })
    const credentials = {
      [registry.host]: { username: 'u', password: 'registry-secret' },
      [mirror.host]: { username: 'u', password: 'mirror-secret' },
    }
    const hosts = mirrorsAt([{ host: mirror.host, manifests: 'digests' }])
    await pull(registry, hosts, { credentials })
    const sent = ({ requests }: TestRegistry) =>
      new Set(requests.flatMap(({ headers }) => headers['authorization'] ?? []))
    const basic = (password: string) => `Basic ${Buffer.from(`u:${password}`).toString('base64')}`
    expect(sent(registry)).toEqual(new Set([basic('registry-secret')]))
    expect(sent(mirror)).toEqual(new Set([basic('mirror-secret')]))
  })

  it('does not pull an image that the configuration blocks', async () => {
    const image = imageOf(['a'])
    const registry = await serving(image)
    const hosts = mirrorsAt([], { blockedBy: '/etc/containers/registries.conf' })
    await expect(pull(registry, hosts)).rejects.toMatchObject({
      code: 'DENIED',
      message: `Images of ${registry.host}/${repository} are blocked by "/etc/containers/registries.conf"`,
    })
    expect(registry.requests).toEqual([])
  })

  it('asks another host and repository for the registry if the configuration says so', async () => {
    const image = imageOf(['a'])
    const elsewhere = await serving(image)
    const hosts = mirrorsAt([], { registry: { host: elsewhere.host, repository } })
    const puller = await bench.puller({ hosts })
    const { name } = await puller.pull('registry.example/some/app:1', wanted).done
    expect(name).toBe('registry.example/some/app:1')
    expect(asked(elsewhere)).toHaveLength(3)
  })
})

/** An address of this machine at which nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}
