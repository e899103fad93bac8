/**
 * Set-ups of mirrors: Windlass pulls, inspects and lists with the files that containerd and Podman read, and asks the same
 * hosts in the same order as `ctr` and skopeo with these files.
 */
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { faults, startRegistry, type RegistryOptions } from '../../../lib/testing/registry/index.js'
import { type BuiltImage, buildImage, putImage } from '../../../lib/testing/images/index.js'
import { expectExit, runWindlass } from '../../../testbench/harness/command-line.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { type Containerd, startContainerd } from '../../../testbench/harness/containerd.js'
import { startDistribution } from '../../../testbench/harness/distribution.js'
import { createAuthority, startMutualTls } from '../../support/setups/authority.js'
import { freeAddress, startNginx } from '../../support/setups/nginx.js'
import { Setup, type Wanted } from '../../support/setups/setup.js'
import { basic, credentialsSent, hostsAsked, type Visit, Visits } from '../../support/setups/visits.js'

const repository = 'team/app'
const login = { username: 'someone', password: 'of the team' }

let made = 0
/** Returns an image of layers that no other test has, since containerd does not fetch what it has. */
const imageOf = (...names: readonly string[]): BuiltImage =>
  buildImage({
    layers: names.map((name) => ({ entries: [{ path: `${name}-${++made}`, content: name.repeat(500) }] })),
  })

const wanted = (name: string, image: BuiltImage): Wanted => ({
  ...{ name, tag: '1', tags: ['1'], digest: image.manifest.digest },
})

describeReal(
  'Windlass and the tools whose files it reads, with',
  () => {
    const visits = new Visits()
    const open: { close(): Promise<void> }[] = []
    let containerd: Containerd
    beforeAll(async () => {
      await runWindlass(['version']) // builds the command
      containerd = await startContainerd()
    }, 300_000)
    afterAll(() => containerd.stop())
    afterEach(async () => {
      for (const each of open.splice(0).reverse()) await each.close()
    })

    async function serve(name: string, image: BuiltImage, options?: RegistryOptions) {
      const registry = await startRegistry(options)
      open.push(registry)
      visits.watch(name, registry)
      await putImage(registry, repository, '1', image)
      return registry
    }

    /** Writes `hosts.toml` for the registry `registry.example`. Returns the option of the command line. */
    async function writeHosts(setup: Setup, text: string): Promise<readonly string[]> {
      await setup.write('hosts/registry.example/hosts.toml', text)
      return ['--hosts-dir', setup.path('hosts')]
    }

    /** Fetches an image with containerd's client. Returns the digest that it found for the tag, and the requests. */
    async function ctrTalk(name: string, options: readonly string[]) {
      visits.take()
      await containerd.ctr('content', 'fetch', ...options, name)
      const listed = (await containerd.ctr('images', 'list', `name==${name}`)).toString()
      return { digest: /sha256:[0-9a-f]{64}/.exec(listed)?.[0], pull: visits.take() }
    }

    /**
     * Compares the hosts that were asked for the tag and for each blob. containerd asks for the manifest by its digest
     * once it has resolved the tag, which Windlass does not need.
     */
    function expectSameHosts(ours: readonly Visit[], theirs: readonly Visit[], image: BuiltImage): void {
      const names = ['manifest 1', ...[...image.blobs.keys()].map((digest) => `blob ${digest}`)]
      const byName = (all: readonly Visit[]) => names.map((name) => [name, hostsAsked(all)[name]] as const)
      expect(byName(theirs)).toEqual(byName(ours))
      expect(byName(ours).every(([, hosts]) => hosts !== undefined)).toBe(true)
    }

    it('a registry behind a path of nginx, by hosts.toml', async () => {
      const image = imageOf('a', 'b')
      const registry = await serve('registry', image, { auth: { kind: 'basic', ...login } })
      const nginx = await startNginx({ '/images/hub/': `${registry.url}/v2/` })
      open.push(nginx)
      const setup = await Setup.create(visits)
      const options = await writeHosts(
        setup,
        `server = "http://${nginx.host}/images/hub"
override_path = true
[header]
  authorization = "${basic(login)}"
[host]
`,
      )
      const ours = await setup.windlassTalks(wanted('registry.example/team/app', image), ...options)
      const theirs = await ctrTalk('registry.example/team/app:1', options)
      expect(theirs.digest).toBe(image.manifest.digest)
      expectSameHosts(ours.pull, theirs.pull, image)
      for (const each of [ours.pull, ours.inspect, ours.tags, theirs.pull]) {
        expect(credentialsSent(each)).toEqual({ registry: [basic(login)] })
        const paths = each.map(({ request }) => request.headers['x-path'] ?? '')
        expect(paths.filter((path) => !path.startsWith('/images/hub/'))).toEqual([])
        expect(paths.length).toBeGreaterThan(0)
      }
    }, 120_000)

    it('a registry with mutual TLS, by hosts.toml', async () => {
      const image = imageOf('a', 'b')
      const registry = await serve('registry', image)
      const setup = await Setup.create(visits)
      await mkdir(setup.path('authority'))
      const authority = await createAuthority(setup.path('authority'))
      const front = await startMutualTls(authority, registry.url)
      open.push(front)
      const options = await writeHosts(
        setup,
        `server = "https://${front.host}"
ca = "ca.pem"
client = [["client.pem", "client.key"]]
[host]
`,
      )
      const name = 'registry.example/team/app'
      await setup.write('hosts/registry.example/ca.pem', authority.ca)
      await setup.write('hosts/registry.example/client.pem', authority.client.cert)
      await setup.write('hosts/registry.example/client.key', authority.client.key)
      const ours = await setup.windlassTalks(wanted(name, image), ...options)
      expect(front.takeSubjects()).toEqual(['client of a test'])
      const theirs = await ctrTalk(`${name}:1`, options)
      expect(front.takeSubjects()).toEqual(['client of a test'])
      expect(theirs.digest).toBe(image.manifest.digest)
      expectSameHosts(ours.pull, theirs.pull, image)
    }, 120_000)

    it('a registry that pulls through, by registries.conf', async () => {
      const image = imageOf('a', 'b')
      const registry = await serve('registry', image)
      const proxy = await startDistribution({ proxyOf: registry.url })
      open.push({ close: () => proxy.stop() })
      const setup = await Setup.create(visits)
      await setup.writeRegistriesConf(registry.host, [proxy.host])
      const name = `${registry.host}/${repository}`
      let seen = 0
      const takePaths = async (): Promise<readonly string[]> => {
        const all = await proxy.requests()
        const paths = all.slice(seen).flatMap(({ path }) => /\/(?:manifests|blobs)\/.+/.exec(path)?.[0] ?? [])
        seen = all.length
        return [...new Set(paths)].sort()
      }
      const ours = await setup.windlassTalks(wanted(name, image))
      const byWindlass = await takePaths()
      const theirs = await setup.skopeoTalks(wanted(name, image))
      expect(await takePaths()).toEqual(byWindlass)
      expect(byWindlass).toHaveLength(1 + image.blobs.size)
      // Tags are listed by the registry itself, and nothing else is asked of it but by the proxy.
      const direct = (all: readonly Visit[]) =>
        hostsAsked(
          all.filter(({ request }) => /^(?:windlass|skopeo)/i.test(request.headers['user-agent'] ?? '')),
        )
      expect(direct(ours.pull)).toEqual({})
      expect(direct(theirs.pull)).toEqual({})
      expect(direct(ours.tags)).toEqual({ tags: ['registry'] })
      expect(direct(theirs.tags)).toEqual({ tags: ['registry'] })
    }, 120_000)

    it.each(['registries.conf', 'hosts.toml'])(
      'a mirror that is dead, by %s (S2-08)',
      async (file) => {
        const image = imageOf('a', 'b')
        const registry = await serve('registry', image)
        // It accepts connections, so that they are counted, and closes them.
        let connections = 0
        const dead = createServer((socket) => {
          connections++
          socket.destroy()
        }).listen(0, '127.0.0.1')
        await new Promise((resolve) => dead.once('listening', resolve))
        open.push({ close: () => new Promise((resolve) => dead.close(() => resolve())) })
        const closed = await freeAddress()
        const mirrors = [`127.0.0.1:${(dead.address() as AddressInfo).port}`, closed]
        const setup = await Setup.create(visits)
        const isToml = file === 'hosts.toml'
        const name = isToml ? 'registry.example/team/app' : `${registry.host}/${repository}`
        const hosts = mirrors.map((mirror) => `[host."http://${mirror}"]\n`).join('')
        const options = isToml ? await writeHosts(setup, `server = "${registry.url}"\n${hosts}`) : []
        if (!isToml) await setup.writeRegistriesConf(registry.host, mirrors)
        const ours = await setup.windlassTalks(wanted(name, image), ...options)
        expect(connections).toBeGreaterThan(0)
        connections = 0
        const theirs = isToml
          ? await ctrTalk(`${name}:1`, options)
          : await setup.skopeoTalks(wanted(name, image))
        expect(connections).toBeGreaterThan(0)
        expectSameHosts(ours.pull, theirs.pull, image)
        if (!isToml) expectSameHosts(ours.pull, await setup.podmanPull(wanted(name, image)), image)
        const inspected = await setup.windlass('inspect', ...options, `${name}:1`)
        for (const mirror of mirrors) expect(inspected.stderr).toContain(mirror)
      },
      120_000,
    )

    it.each([
      ['["pull"]', 'registry'],
      ['["pull", "resolve"]', 'mirror'],
    ] as const)(
      'a mirror that has an old tag and the capabilities %s, by hosts.toml (S2-04)',
      async (capabilities, host) => {
        const [old, current] = [imageOf('old', 'a'), imageOf('new', 'b')]
        const registry = await serve('registry', current)
        const mirror = await serve('mirror', old)
        // A mirror that has fetched some of the new blobs.
        const shared = current.layers[0]
        if (shared !== undefined) mirror.putBlob(shared.bytes)
        const setup = await Setup.create(visits)
        const options = await writeHosts(
          setup,
          `server = "${registry.url}"\n[host."${mirror.url}"]\n  capabilities = ${capabilities}\n`,
        )
        const image = host === 'mirror' ? old : current
        const ours = await setup.windlassTalks(wanted('registry.example/team/app', image), ...options)
        const theirs = await ctrTalk('registry.example/team/app:1', options)
        expect(theirs.digest).toBe(image.manifest.digest)
        expectSameHosts(ours.pull, theirs.pull, image)
        expect(hostsAsked(ours.pull)).toMatchObject({
          'manifest 1': [host],
          [`blob ${image.config.digest}`]: host === 'mirror' ? ['mirror'] : ['mirror', 'registry'],
          [`blob ${image.layers[0]?.digest ?? ''}`]: ['mirror'],
        })
      },
      120_000,
    )

    it('a mirror that has an old tag and is asked for digests only, by registries.conf (S2-04)', async () => {
      const [old, current] = [imageOf('old', 'a'), imageOf('new', 'b')]
      const registry = await serve('registry', current)
      const mirror = await serve('mirror', old)
      const setup = await Setup.create(visits)
      await setup.writeRegistriesConf(registry.host, [mirror.host], ['pull-from-mirror = "digest-only"'])
      const name = `${registry.host}/${repository}`
      const ours = await setup.windlassTalks(wanted(name, current))
      const theirs = await setup.skopeoTalks(wanted(name, current))
      for (const { pull } of [ours, theirs])
        expect(hostsAsked(pull)).toMatchObject({ 'manifest 1': ['registry'] })
      // skopeo and podman ask one place for all of an image. Windlass asks the mirror for blobs, which their digests verify.
      const blob = `blob ${current.config.digest}`
      expect(hostsAsked(theirs.pull)[blob]).toEqual(['registry'])
      const byPodman = hostsAsked(await setup.podmanPull(wanted(name, current)))
      expect(byPodman).toMatchObject({ 'manifest 1': ['registry'], [blob]: ['registry'] })
      expect(hostsAsked(ours.pull)[blob]).toEqual(['mirror', 'registry'])
    }, 120_000)

    it.each(['registries.conf', 'hosts.toml'])(
      'a mirror that sends wrong bytes, by %s, where only Windlass succeeds (S2-08)',
      async (file) => {
        const image = imageOf('a', 'b', 'c')
        const [registry, mirror] = [await serve('registry', image), await serve('mirror', image)]
        const wrong = image.layers[1]?.digest ?? ''
        mirror.addFault(faults.wrongByte(50, { reference: wrong, times: Infinity }))
        const setup = await Setup.create(visits)
        const isToml = file === 'hosts.toml'
        const name = isToml ? 'registry.example/team/app' : `${registry.host}/${repository}`
        const options = isToml
          ? await writeHosts(setup, `server = "${registry.url}"\n[host."${mirror.url}"]\n`)
          : []
        if (!isToml) await setup.writeRegistriesConf(registry.host, [mirror.host])
        const ours = await setup.windlassTalks(wanted(name, image), ...options)
        expect(hostsAsked(ours.pull)).toMatchObject({
          ...{ 'manifest 1': ['mirror'], [`blob ${wrong}`]: ['mirror', 'registry'] },
        })
        const again = await setup.windlass('pull', '--store', setup.path('other'), ...options, `${name}:1`)
        expectExit(again, 0)
        expect(again.stderr).toContain(`${mirror.host} sent wrong bytes`)
        // All these programs verify what they receive, and fail, since they do not go back to another host.
        visits.take()
        const tool = isToml
          ? ctrTalk(`${name}:1`, options)
          : setup.skopeo('copy', '-q', `docker://${name}:1`, `dir:${setup.path('copy')}`)
        await expect(tool).rejects.toThrow(/digest/i)
        expect(hostsAsked(visits.take())[`blob ${wrong}`]).toEqual(['mirror'])
        if (isToml) return
        await expect(setup.podmanPull(wanted(name, image))).rejects.toThrow(/digest/i)
        expect(hostsAsked(visits.take())[`blob ${wrong}`]).toEqual(['mirror'])
      },
      120_000,
    )
  },
  ['nginx'],
)
