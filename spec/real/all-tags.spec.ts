/** All tags of a repository and all platforms of an index, out of the real registry; other tools read what is stored. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { skopeo } from '../../testbench/harness/skopeo.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf, type Form } from '../../testbench/images/test-image.js'

describeReal('out of the real registry', () => {
  let pushed: PushedImages
  let registry: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
  }, 300_000)
  afterAll(() => registry.stop())

  it('all tags of a repository come, each under its name (S2-01)', async () => {
    const { store } = await workspace()
    const name = `${registry.host}/windlass/base`
    const result = await runWindlass([
      'pull',
      '-a',
      '-q',
      '--store',
      store,
      '--platform',
      'linux/amd64',
      name,
    ])
    expectExit(result, 0)
    const forms = (Object.keys(pushed.base.forms) as Form[]).sort()
    const lines = forms.map((form) => `${name}:${form}@${formOf(pushed.base, form).manifest.digest}`)
    expect(result.stdout.trimEnd().split('\n').sort()).toEqual(lines)
    const paths = (await registry.requests()).map(({ path }) => path)
    const layers = paths.filter((path) => path.includes('/blobs/') && !path.endsWith(pushed.base.imageId))
    expect(new Set(layers).size, 'a layer that tags have in common is fetched once').toBe(layers.length)
    expect(paths.findIndex((path) => path.includes('/tags/list'))).toBeLessThan(
      paths.findIndex((path) => path.includes('/manifests/')),
    )
  })

  it('a repository that is not there ends with 4 (S3-12)', async () => {
    const { store } = await workspace()
    for (const command of [['pull', '-a', '--store', store], ['tags']])
      expectExit(await runWindlass([...command, `${registry.host}/no/such`]), 4, '')
  })

  it.each(['windlass/platforms:index', 'converted/list:v2s2'])(
    'all platforms of %s come, and skopeo copies the index out of the store where it is an OCI one (S2-79)',
    async (short) => {
      const { store, path } = await workspace()
      const name = `${registry.host}/${short}`
      const result = await runWindlass(['pull', '--all-platforms', '--json', '-q', '--store', store, name])
      expectExit(result, 0)
      const { digest, images } = JSON.parse(result.stdout) as {
        digest: string
        images: { platform: string }[]
      }
      expect(digest).toBe(short.startsWith('converted') ? pushed.converted[short] : pushed.index.digest)
      expect(images.map(({ platform }) => platform)).toEqual(
        pushed.index.children.map((each) => each.platform),
      )
      // skopeo finds no Docker manifest by its name in an OCI layout, whoever wrote it.
      if (short.startsWith('converted')) return
      await skopeo([
        'copy',
        '-q',
        '--all',
        '--preserve-digests',
        `oci:${store}:${name}`,
        `dir:${path('copy')}`,
      ])
      const raw = await skopeo(['inspect', '--raw', `dir:${path('copy')}`])
      const listed = (JSON.parse(raw) as { manifests: unknown[] }).manifests
      expect(listed).toHaveLength(pushed.index.children.length)
    },
  )
})
