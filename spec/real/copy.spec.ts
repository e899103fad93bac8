/** Copies between real registries and layouts, read back by skopeo and umoci. */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layoutSink } from '../../lib/sinks/index.js'
import { type BuiltImage, buildImage, tinyImage } from '../../lib/testing/images/index.js'
import { accessOptions, expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import {
  startDistribution,
  type Distribution,
  type RegistryAuth,
} from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { pushOptions, skopeo } from '../../testbench/harness/skopeo.js'
import { SmallDisk } from '../../testbench/harness/small-disk.js'
import { umociUnpack } from '../../testbench/harness/umoci.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf, type Form } from '../../testbench/images/test-image.js'

const amd64 = ['--platform', 'linux/amd64']

async function fill(layout: string, { manifest, config, layers }: BuiltImage, tag: string): Promise<void> {
  const sink = layoutSink(layout)
  for (const blob of [config, ...layers])
    await sink.putBlob(blob, () => Promise.resolve(Readable.from([blob.bytes], { objectMode: false })))
  await sink.putManifest(manifest.bytes, manifest, { tag })
}

describeReal('a copy', () => {
  let pushed: PushedImages
  let from: Distribution
  let to: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    from = await startDistribution({ storage: pushed.storage, readOnly: true })
    to = await startDistribution()
  }, 300_000)
  afterAll(() => Promise.all([from.stop(), to.stop()]))

  const copy = (...args: readonly string[]) => runWindlass(['copy', '-q', '--plain-http', ...args])
  /** The manifest as skopeo gets it. */
  const raw = (name: string, { credentials }: Distribution = to): Promise<string> =>
    skopeo([
      ...['inspect', '--raw', '--tls-verify=false'],
      ...(credentials ? ['--creds', `${credentials.username}:${credentials.password}`] : []),
      `docker://${name}`,
    ])
  const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

  it.each<Form>(['oci-gzip', 'oci-zstd', 'oci-plain', 'v2s2-gzip', 'v2s2-plain'])(
    'from registry to registry keeps the manifest, and skopeo copies it on: %s',
    async (form) => {
      const { path } = await workspace()
      const { digest } = formOf(pushed.app, form).manifest
      const target = `${to.host}/copied/app:${form}`
      const result = await copy(...amd64, `${from.host}/windlass/app:${form}`, target)
      expectExit(result, 0, `${target}@${digest}\n`)
      expect(digestOf(await raw(target))).toBe(digest)
      await skopeo([
        ...['copy', '-q', '--preserve-digests', '--src-tls-verify=false'],
        ...[`docker://${target}`, `dir:${path('copy')}`],
      ])
      const blobs = readdirSync(path('copy')).filter((name) => /^[0-9a-f]{64}$/.test(name))
      expect(blobs).toHaveLength(1 + new Set(formOf(pushed.app, form).layers.map((each) => each.digest)).size)
    },
  )

  it.each(['windlass/platforms:index', 'converted/list:v2s2'])(
    'of %s has everything in it, and skopeo copies it on',
    async (name) => {
      const { path } = await workspace()
      const target = `${to.host}/${name}`
      expectExit(await copy('--all-platforms', `${from.host}/${name}`, target), 0)
      const [served, copied] = await Promise.all([raw(`${from.host}/${name}`, from), raw(target)])
      expect(copied).toBe(served)
      await skopeo([
        ...['copy', '-q', '--all', '--preserve-digests', '--src-tls-verify=false'],
        ...[`docker://${target}`, `dir:${path('copy')}`],
      ])
    },
  )

  it('within a registry mounts every blob, and sends no byte of one', async () => {
    const form = 'oci-gzip'
    await copy(...amd64, `${from.host}/windlass/app:${form}`, `${to.host}/within/app:1`)
    const before = (await to.requests()).length
    const result = await copy(...amd64, `${to.host}/within/app:1`, `${to.host}/within/other:2`)
    expectExit(result, 0)
    const requests = (await to.requests()).slice(before)
    const blobs = 1 + new Set(formOf(pushed.app, form).layers.map(({ digest }) => digest)).size
    const mounts = requests.filter(({ method, path }) => method === 'POST' && path.includes('mount='))
    expect(mounts.map(({ status }) => status)).toEqual(Array.from({ length: blobs }, () => 201))
    const content = requests.filter(
      ({ method, path }) => /\/blobs\//.test(path) && /^(GET|PUT|PATCH)$/.test(method),
    )
    expect(content).toEqual([])
    expect(digestOf(await raw(`${to.host}/within/other:2`))).toBe(formOf(pushed.app, form).manifest.digest)
    const again = (await to.requests()).length
    expectExit(await copy(...amd64, `${to.host}/within/app:1`, `${to.host}/within/other:2`), 0)
    const methods = (await to.requests()).slice(again).map(({ method }) => method)
    expect(methods.filter((method) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })

  it.each<RegistryAuth>(['basic', 'token'])('logs in to push (%s)', async (auth) => {
    const registry = await startDistribution({ auth })
    try {
      const source = `${from.host}/windlass/base:oci-gzip`
      const target = `${registry.host}/private/base:1`
      const refused = await copy(...amd64, source, target)
      expectExit(refused, 3, '')
      expect(refused.stderr).toContain('requires a login for "private/base"')
      const { path, directory } = await workspace()
      const { username, password } = registry.credentials!
      const login = Buffer.from(`${username}:${password}`).toString('base64')
      const authfile = path('auth.json')
      await writeFile(authfile, JSON.stringify({ auths: { [registry.host]: { auth: login } } }))
      const { digest } = formOf(pushed.base, 'oci-gzip').manifest
      expectExit(await copy('--authfile', authfile, ...amd64, source, target), 0, `${target}@${digest}\n`)
      expect(digestOf(await raw(target, registry))).toBe(digest)
      // The login is for the target alone, which here is the source as well.
      const { args, input } = accessOptions(registry)
      const options = ['copy', '-q', ...args, ...amd64]
      const other = `${registry.host}/private/other:1`
      const within = await runWindlass([...options, target, other], input === undefined ? {} : { input })
      expectExit(within, 0, `${other}@${digest}\n`)
      expect(existsSync(join(directory, 'store'))).toBe(false)
    } finally {
      await registry.stop()
    }
  })

  it.each<Form>(['oci-gzip', 'oci-zstd'])('to a layout is read by skopeo, and by umoci: %s', async (form) => {
    const { path } = await workspace()
    const layout = path('layout')
    const target = `oci:${layout}:app`
    expectExit(await copy(...amd64, `${from.host}/windlass/app:${form}`, target), 0)
    const inspected = JSON.parse(await skopeo(['inspect', target])) as { Digest: string; Layers: string[] }
    expect(inspected.Digest).toBe(formOf(pushed.app, form).manifest.digest)
    expect(inspected.Layers).toEqual(formOf(pushed.app, form).layers.map(({ digest }) => digest))
    await skopeo(['copy', '-q', '--preserve-digests', target, `dir:${path('copy')}`])
    if (form === 'oci-gzip')
      await expectSameTree(await umociUnpack(`${layout}:app`, path('bundle')), pushed.app.rootfs)
  })

  it('to a layout that skopeo wrote keeps its image, and the layout can be copied from', async () => {
    const { path } = await workspace()
    const layout = path('layout')
    const served = `${from.host}/windlass/base:oci-gzip`
    await skopeo(['copy', '-q', '--src-tls-verify=false', `docker://${served}`, `oci:${layout}:base`])
    expectExit(await copy('--all-platforms', `${from.host}/windlass/platforms:index`, `oci:${layout}:all`), 0)
    const listed = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
      manifests: { annotations: Record<string, string> }[]
    }
    const names = listed.manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])
    expect(names).toEqual(['base', 'all'])
    const base = `${to.host}/layout/base:1`
    expectExit(await copy(...amd64, `oci:${layout}:base`, base), 0)
    expect(digestOf(await raw(base))).toBe(formOf(pushed.base, 'oci-gzip').manifest.digest)
    const all = `${to.host}/layout/all:1`
    expectExit(await copy('--all-platforms', `oci:${layout}:all`, all), 0)
    expect(digestOf(await raw(all))).toBe(pushed.index.digest)
  })

  it('to a registry that takes no pushes says so', async () => {
    const result = await copy(...amd64, `${from.host}/windlass/app:oci-gzip`, `${from.host}/other/app:1`)
    expectExit(result, 8, '')
    expect(result.stderr).toContain('does not accept pushes')
  })

  it('of a signed schema 1 image keeps it, where the target takes it', async () => {
    const { path } = await workspace()
    const [old, other] = await Promise.all([
      startDistribution({ schema1: true }),
      startDistribution({ schema1: true }),
    ])
    try {
      const source = `${old.host}/old/app:1`
      const image = `dir:${pushed.app.directory}/v2s2-gzip`
      await skopeo(['copy', '-q', '--format', 'v2s1', ...pushOptions(old), image, `docker://${source}`])
      const result = await copy(source, `${other.host}/old/app:1`)
      expectExit(result, 0)
      const digest = async ({ host }: Distribution): Promise<string | null> =>
        (await fetch(`http://${host}/v2/old/app/manifests/1`, { method: 'HEAD' })).headers.get(
          'docker-content-digest',
        )
      expect(result.stdout).toBe(`${other.host}/old/app:1@${(await digest(old)) ?? ''}\n`)
      expect(await digest(other)).toBe(await digest(old))
      const refused = await copy(source, `${to.host}/old/app:1`)
      // This one answers with 500, whatever it means.
      expectExit(refused, 6, '')
      expect(refused.stderr).toContain('push the manifest of "old/app:1"')
      const layout = await copy(source, `oci:${path('layout')}:old`)
      expectExit(layout, 8, '')
      expect(layout.stderr).toContain('signed schema 1')
    } finally {
      await Promise.all([old.stop(), other.stop()])
    }
  })

  it('of a large blob takes little memory', { timeout: 300_000 }, async () => {
    const { path } = await workspace()
    const layout = path('layout')
    const large = buildImage({
      layers: [{ tar: randomBytes(192 * 1024 * 1024), compression: 'none' }],
    })
    await fill(layout, large, 'large')
    const there = await copy(`oci:${layout}:large`, `${to.host}/large:1`)
    expectExit(there, 0)
    const back = await copy(`${to.host}/large:1`, `oci:${path('back')}:large`)
    expectExit(back, 0)
    for (const { peakRss } of [there, back]) {
      expect(peakRss, 'it was measured').toBeGreaterThan(20 * 1024 * 1024)
      expect(peakRss).toBeLessThan(180 * 1024 * 1024)
    }
  })

  it('to a disk that is full says so, and leaves the layout as it was', async () => {
    const disk = await SmallDisk.mount('size=512k')
    try {
      const layout = join(disk.localPath, 'layout')
      const small = tinyImage()
      await fill(layout, small, 'small')
      const before = readdirSync(join(layout, 'blobs', 'sha256'))
      const index = readFileSync(join(layout, 'index.json'), 'utf8')
      const result = await copy(...amd64, `${from.host}/windlass/app:oci-gzip`, `oci:${layout}:app`)
      expectExit(result, 7, '')
      expect(result.stderr).toMatch(/no space left\n {2}Free some space .* on another disk for the layout/)
      expect(readFileSync(join(layout, 'index.json'), 'utf8')).toBe(index)
      expect(readdirSync(join(layout, 'blobs', 'sha256'))).toEqual(expect.arrayContaining(before))
      expect(readdirSync(layout).filter((name) => name.startsWith('.'))).toEqual([])
      expect(
        (JSON.parse(await skopeo(['inspect', `oci:${layout}:small`])) as { Digest: string }).Digest,
      ).toBe(small.manifest.digest)
    } finally {
      disk.unmount()
    }
  })
})
