/** The ways to name an image, the choice of a platform, and what a second pull asks the registry for. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass, type CommandResult } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf, type TestImage } from '../../testbench/images/test-image.js'

describeReal('an image named', () => {
  let pushed: PushedImages
  let registry: Distribution
  let image: TestImage
  let digest: string

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
    image = pushed.base
    digest = formOf(image, 'oci-gzip').manifest.digest
  }, 300_000)
  afterAll(() => registry.stop())

  const pull = (store: string, ...args: readonly string[]): Promise<CommandResult> =>
    runWindlass(['pull', '--plain-http', '--store', store, ...args])

  it.each([
    ['by tag', (): string => ':oci-gzip'],
    ['by digest', (): string => `@${digest}`],
    ['by tag and digest', (): string => `:oci-gzip@${digest}`],
  ])('%s', async (_how, suffix) => {
    const { store, path } = await workspace()
    const result = await pull(store, `${registry.host}/windlass/base${suffix()}`, '--rootfs', path('rootfs'))
    expectExit(result, 0)
    expect(result.stdout.trim().endsWith(`@${digest}`)).toBe(true)
    await expectSameTree(path('rootfs'), image.rootfs)
  })

  it('by a tag and the digest of something else: the digest decides', async () => {
    const { store } = await workspace()
    const other = formOf(image, 'v2s2-gzip').manifest.digest
    const result = await pull(store, `${registry.host}/windlass/base:oci-gzip@${other}`)
    expectExit(result, 0)
    expect(result.stdout).toContain(other)
  })

  it('twice: the second pull asks for the head of the manifest alone', async () => {
    const { store } = await workspace()
    const reference = `${registry.host}/windlass/base:oci-gzip`
    expectExit(await pull(store, reference), 0)
    const before = (await registry.requests()).length
    const again = await pull(store, reference)
    expectExit(again, 0, `${reference}@${digest}\n`)
    const asked = (await registry.requests()).slice(before).map(({ method, path }) => `${method} ${path}`)
    expect(asked.filter((request) => request !== 'GET /v2/')).toEqual([
      'HEAD /v2/windlass/base/manifests/oci-gzip',
    ])
  })

  it('which shares layers with one that is here: asks for the others alone', async () => {
    const { store } = await workspace()
    expectExit(await pull(store, `${registry.host}/windlass/base:oci-gzip`), 0)
    const before = (await registry.requests()).length
    expectExit(await pull(store, `${registry.host}/windlass/app:oci-gzip`), 0)
    const asked = (await registry.requests()).slice(before).map(({ path }) => path)
    const app = formOf(pushed.app, 'oci-gzip').layers.map((layer) => layer.digest)
    const fetched = app.filter((layer) => asked.some((path) => path.endsWith(layer)))
    expect(fetched).not.toContain(app[0])
    expect(new Set(fetched)).toEqual(new Set(app.slice(1)))
    const blobs = asked.filter((path) => path.includes('/blobs/'))
    expect(new Set(blobs).size, 'the layer that comes twice is fetched once').toBe(blobs.length)
  })

  it.each(['windlass/platforms:index', 'converted/list:v2s2'])(
    'by an index, for each platform: %s',
    async (name) => {
      const { store, path } = await workspace()
      for (const [index, child] of pushed.index.children.entries()) {
        const rootfs = path(`rootfs-${index}`)
        const result = await pull(
          store,
          `${registry.host}/${name}`,
          '--platform',
          child.platform,
          '--rootfs',
          rootfs,
        )
        expectExit(result, 0)
        await expectSameTree(rootfs, child.rootfs)
      }
    },
  )

  it('by an index: this machine’s platform if none is asked for, and a variant need not be said', async () => {
    const { store, path } = await workspace()
    const name = `${registry.host}/windlass/platforms:index`
    const own = pushed.index.children.find(
      ({ platform }) => platform.split('/')[1] === (process.arch === 'x64' ? 'amd64' : process.arch),
    )
    if (own !== undefined) {
      const result = await pull(store, name, '--rootfs', path('own'))
      expectExit(result, 0, `${name}@${pushed.index.digest}\n`)
      await expectSameTree(path('own'), own.rootfs)
    }
    expectExit(await pull(store, name, '--platform', 'linux/arm64', '--rootfs', path('arm64')), 0)
    await expectSameTree(path('arm64'), pushed.index.children[1]!.rootfs)
  })

  it('by an index without the platform: ends with 4 and says which there are', async () => {
    const { store } = await workspace()
    const result = await pull(store, `${registry.host}/windlass/platforms:index`, '--platform', 'linux/s390x')
    expectExit(result, 4, '')
    for (const { platform } of pushed.index.children) expect(result.stderr).toContain(platform)
  })
})
