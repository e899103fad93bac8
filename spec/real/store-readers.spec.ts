/** What Windlass stores, other tools read as it is: skopeo and umoci. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { expectSameTree } from '../../testbench/harness/same-tree.js'
import { skopeo } from '../../testbench/harness/skopeo.js'
import { umociUnpack } from '../../testbench/harness/umoci.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf, type Form } from '../../testbench/images/test-image.js'

describeReal('the store', () => {
  let pushed: PushedImages
  let registry: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
  }, 300_000)
  afterAll(() => registry.stop())

  // Readers of layouts see OCI's types only (containers/skopeo 1975 and 2577): schema 2 is listed by an OCI twin.
  it.each<Form>(['oci-gzip', 'oci-zstd', 'oci-plain', 'v2s2-gzip', 'v2s2-plain'])(
    'is read by skopeo: %s',
    async (form) => {
      const image = pushed.app
      const { store, path } = await workspace()
      const name = `${registry.host}/windlass/app:${form}`
      expectExit(await runWindlass(['pull', '--plain-http', '--store', store, name]), 0)
      const inspected = JSON.parse(await skopeo(['inspect', `oci:${store}:${name}`])) as {
        Digest: string
        Layers: string[]
      }
      const served = formOf(image, form).manifest.digest
      if (form.startsWith('oci')) expect(inspected.Digest).toBe(served)
      // What was served is kept too, byte for byte.
      expect(
        createHash('sha256')
          .update(await blob(store, served))
          .digest('hex'),
      ).toBe(served.slice(7))
      expect(inspected.Layers).toEqual(formOf(image, form).layers.map(({ digest }) => digest))
      await skopeo(['copy', '-q', '--preserve-digests', `oci:${store}:${name}`, `dir:${path('copy')}`])
      const [copied, stored] = [
        await readFile(join(path('copy'), 'manifest.json')),
        await blob(store, inspected.Digest),
      ]
      expect(copied.equals(stored)).toBe(true)
    },
  )

  it.each<Form>(['oci-gzip', 'v2s2-gzip'])('is read by umoci: %s', async (form) => {
    const { store, path } = await workspace()
    const name = `${registry.host}/windlass/app:${form}`
    expectExit(await runWindlass(['pull', '--plain-http', '--store', store, name]), 0)
    const rootfs = await umociUnpack(`${store}:${name}`, path('bundle'))
    await expectSameTree(rootfs, pushed.app.rootfs)
  })

  it('is listed, and unpacked again with the registry gone', async () => {
    const { store, path } = await workspace()
    const other = await startDistribution({ storage: pushed.storage, readOnly: true })
    const name = `${other.host}/windlass/base:oci-zstd`
    const pull = await runWindlass(['pull', '--plain-http', '--store', store, name]).finally(() =>
      other.stop(),
    )
    expectExit(pull, 0)
    const images = await runWindlass(['images', '--store', store])
    expectExit(images, 0)
    expect(images.stdout).toContain('windlass/base')
    const unpack = await runWindlass(['unpack', name, path('rootfs'), '--plain-http', '--store', store])
    expectExit(unpack, 0)
    await expectSameTree(path('rootfs'), pushed.base.rootfs)
  })
})

const blob = (store: string, digest: string): Promise<Buffer> =>
  readFile(join(store, 'blobs', ...digest.split(':')))
