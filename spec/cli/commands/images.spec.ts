/** Tests the output of `windlass images`. */
import { describe, expect, it } from 'vitest'
import { displayName, lastUse, shortId } from '../../../cli/commands/images.js'
import { hexOf } from '../../../lib/image/index.js'
import { buildImage, tinyImage } from '../../../lib/testing/index.js'
import type { ImageSummary } from '../../../pipelines/index.js'
import { storeWithImages } from '../../support/cli/store-with-images.js'
import { windlass } from '../../support/cli/test-terminal.js'

const image = tinyImage({ config: { created: '2020-01-02T03:04:05Z' } })
const other = buildImage({ layers: [{ entries: [{ path: 'other', content: 'other' }] }] })

describe('windlass images', async () => {
  const store = await storeWithImages({
    ...{ 'docker.io/library/b:1': other, 'example.com/team/a:1': image, 'docker.io/library/a:2': image },
  })
  const run = (...args: string[]) => windlass(['images', ...args, '--store', store])

  it('lists the images by their names, with the ID, the sizes and the ages', async () => {
    const { code, out } = await run()
    expect(code).toBe(0)
    const [head, ...rows] = out
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
    expect(head).toEqual(['NAME', 'ID', 'SIZE', 'SHARED', 'PLATFORMS', 'AGE', 'USED'])
    expect(rows.map(([name, id]) => [name, id])).toEqual([
      ['docker.io/library/a:2', hexOf(image.config.digest).slice(0, 12)],
      ['docker.io/library/b:1', hexOf(other.config.digest).slice(0, 12)],
      ['example.com/team/a:1', hexOf(image.config.digest).slice(0, 12)],
    ])
    expect(rows.map((row) => row[4])).toEqual(Array(3).fill('linux/amd64'))
    expect(rows.map((row) => row[5] === '-')).toEqual([false, true, false])
  })

  it('prints a template for each image', async () => {
    const template = '{{.Repository}} {{.Tag}} {{.Digest}} {{.ImageID}} {{.CreatedAt}}'
    const { out } = await run('--format', template)
    expect(out.split('\n').slice(0, 2)).toEqual([
      `a 2 ${image.manifest.digest} ${image.config.digest} 2020-01-02T03:04:05Z`,
      `b 1 ${other.manifest.digest} ${other.config.digest} 1970-01-01T00:00:00Z`,
    ])
    expect((await run('--format', '{{')).code).toBe(2)
  })

  it('prints one JSON array', async () => {
    const found = JSON.parse((await run('--json')).out) as ImageSummary[]
    expect(found.map(({ name }) => name).sort()).toEqual([
      ...['docker.io/library/a:2', 'docker.io/library/b:1', 'example.com/team/a:1'],
    ])
  })
})

describe('an image in a table', () => {
  const digest = image.manifest.digest
  const summary = (more: Partial<ImageSummary>) => ({ entry: '@0123456789ab', ...more }) as ImageSummary

  it.each<[string | undefined, boolean, string]>([
    [undefined, true, '<none>'],
    ['', true, '""'],
    ['docker.io/library/a:2', true, 'a:2'],
    ['docker.io/library/a:2', false, 'docker.io/library/a:2'],
    ['a name of another tool', true, 'a name of another tool'],
  ])('with the name %j, short %s, is %s', (name, short, shown) => {
    expect(displayName({ ...(name !== undefined && { name }) } as ImageSummary, short)).toBe(shown)
  })

  it('has an ID that every command takes', () => {
    const { digest: imageId } = image.config
    expect(shortId(summary({}))).toBe('@0123456789ab')
    expect(shortId(summary({ digest }))).toBe(digest.slice(0, 'sha256:'.length + 12))
    expect(shortId(summary({ digest, name: 'a' }))).toBe(hexOf(digest).slice(0, 12))
    expect(shortId(summary({ digest, name: 'a', imageId }))).toBe(hexOf(imageId).slice(0, 12))
  })

  it('has the time since its last use, if that is known', () => {
    expect(lastUse({} as ImageSummary, 0)).toBe('-')
    expect(lastUse({ lastUsedAt: 0 }, 7_200_000)).toBe('2h')
  })
})
