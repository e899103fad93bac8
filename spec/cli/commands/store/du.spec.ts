/** Tests the output of `windlass du`. */
import { describe, expect, it } from 'vitest'
import { buildImage, tinyImage } from '../../../../lib/testing/index.js'
import { storeWithImages } from '../../../support/cli/store-with-images.js'
import { windlass } from '../../../support/cli/test-terminal.js'

const small = tinyImage()
const large = buildImage({
  layers: [{ entries: [{ path: 'large', content: Buffer.alloc(5_000, 'x') }], compression: 'none' }],
})

describe('windlass du', async () => {
  const store = await storeWithImages({ 'example.com/a:1': small, 'example.com/b:1': large })
  const run = (...args: string[]) => windlass(['du', ...args, '--store', store])

  it('says what each kind of content takes, and what a collection would free', async () => {
    const rows = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/))
    const { code, out } = await run()
    expect(code).toBe(0)
    expect(rows(out).map(([kind]) => kind)).toEqual([
      ...['KIND', 'blobs', 'unpacked layers', 'interrupted downloads', 'being written', 'mounts', 'total'],
    ])
    expect(rows(out)[1]).toEqual(['blobs', '6', expect.stringMatching(/kB$/), '0 B'])
    await windlass(['rm', 'example.com/a:1', '--store', store])
    const { out: json } = await run('--json')
    const bytes = [small.config, small.manifest, ...small.layers].reduce(
      (sum, each) => sum + each.bytes.length,
      0,
    )
    expect(JSON.parse(json)).toMatchObject({ blobs: { count: 6, reclaimable: bytes }, reclaimable: bytes })
    expect(JSON.parse(json)).not.toHaveProperty('images')
  })

  it('lists the images, the largest first', async () => {
    const both = await storeWithImages({ 'example.com/a:1': small, 'example.com/b:1': large })
    const { out } = await windlass(['du', '--images', '--store', both])
    const [, table = ''] = out.split('\n\n')
    expect(
      table
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual([...['NAME', 'example.com/b:1', 'example.com/a:1']])
    const { out: json } = await windlass(['du', '--images', '--json', '--store', both])
    expect((JSON.parse(json) as { images: object[] }).images).toHaveLength(2)
  })
})
