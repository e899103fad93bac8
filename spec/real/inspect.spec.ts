/** What `windlass inspect` says, beside what skopeo says today of the same images in the real registry. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution, type Distribution } from '../../testbench/harness/distribution.js'
import { skopeo } from '../../testbench/harness/skopeo.js'
import { pushedImages, type PushedImages } from '../../testbench/images/pushed.js'
import { formOf } from '../../testbench/images/test-image.js'

type Fields = Readonly<Record<string, unknown>>

describeReal('inspect beside skopeo', () => {
  let pushed: PushedImages
  let registry: Distribution

  beforeAll(async () => {
    pushed = await pushedImages()
    registry = await startDistribution({ storage: pushed.storage, readOnly: true })
  }, 300_000)
  afterAll(() => registry.stop())

  const ours = async (name: string, platform: string): Promise<Fields> => {
    const result = await runWindlass([
      'inspect',
      '--json',
      '--platform',
      platform,
      `${registry.host}/${name}`,
    ])
    expectExit(result, 0)
    expect(result.stderr).toBe('')
    return JSON.parse(result.stdout) as Fields
  }
  const theirs = async (name: string, platform: string): Promise<Fields> => {
    const [os = '', arch = '', variant] = platform.split('/')
    const chosen = ['--override-os', os, '--override-arch', arch]
    if (variant !== undefined) chosen.push('--override-variant', variant)
    const args = [...chosen, 'inspect', '--tls-verify=false', `docker://${registry.host}/${name}`]
    return JSON.parse(await skopeo(args)) as Fields
  }

  it.each([
    ['windlass/base:oci-gzip', 'linux/amd64'],
    ['windlass/base:v2s2-gzip', 'linux/amd64'],
    ['windlass/app:oci-zstd', 'linux/amd64'],
    ['windlass/many:oci-gzip', 'linux/amd64'],
    ['converted/gzip:v2s2', 'linux/amd64'],
    ['windlass/platforms:index', 'linux/arm64/v8'],
    ['windlass/platforms:index', 'linux/arm/v7'],
    ['converted/list:v2s2', 'linux/arm64/v8'],
  ])('the same of %s for %s (S4-22, S4-06, S4-21)', async (name, platform) => {
    const [mine, other] = [await ours(name, platform), await theirs(name, platform)]
    // Only schema 1 names its tag in skopeo's answer of today; at first it was the one asked for.
    const { Tag, ...rest } = mine
    expect(Tag).toBe(name.split(':')[1])
    const fields = [
      'Name',
      'Digest',
      'RepoTags',
      'Created',
      'DockerVersion',
      'Labels',
      'Architecture',
      'Os',
      'Layers',
    ]
    for (const field of [...fields, 'Env'])
      expect({ [field]: rest[field] }).toEqual({ [field]: other[field] })
    const known = Object.keys(other).filter((field) => field !== 'Tag')
    expect(Object.keys(mine)).toEqual(expect.arrayContaining(known))
  })

  it('the same by digest, where no tag was asked for (S4-22)', async () => {
    const { digest } = formOf(pushed.base, 'oci-gzip').manifest
    const name = `windlass/base@${digest}`
    const [mine, other] = [await ours(name, 'linux/amd64'), await theirs(name, 'linux/amd64')]
    expect(mine).not.toHaveProperty('Tag')
    expect(mine).toMatchObject({ Name: other['Name'], Digest: other['Digest'], Layers: other['Layers'] })
  })

  it('the real registry is asked for no layer (S4-18)', async () => {
    const before = (await registry.requests()).length
    await ours('windlass/base:oci-gzip', 'linux/amd64')
    const paths = (await registry.requests()).slice(before).map(({ path }) => path)
    expect(paths.filter((path) => path.includes('/blobs/'))).toEqual([
      `/v2/windlass/base/blobs/${pushed.base.imageId}`,
    ])
  })
})
