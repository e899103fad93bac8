/** The names of a layout: how they are listed and removed. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hexOf } from '../../lib/image/index.js'
import { type LayoutSink, layoutSink } from '../../lib/sinks/index.js'
import { tinyImage } from '../../lib/testing/images/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { opening } from '../support/with-target.js'

const work = temporaryDirectory()
let made = 0
const fresh = (): string => join(work, `layout-${++made}`)
const image = tinyImage()

/** Node 20 has no `Array.fromAsync`. */
async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

async function put(sink: LayoutSink, tag?: string): Promise<void> {
  const { manifest, config, layers } = image
  for (const each of [config, ...layers]) await sink.putBlob(each, opening(each.bytes))
  await sink.putManifest(manifest.bytes, manifest, { root: true, ...(tag !== undefined && { tag }) })
}

describe('the names of a layout', () => {
  it('lists its names, and removes names but no content', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    const listed = async (): Promise<string[]> => (await collect(sink.tags())).flat()
    expect(await listed()).toEqual([])
    await put(sink, 'app:1')
    await put(sink, 'app:2')
    await put(sink)
    expect(await listed()).toEqual(['app:1', 'app:2'])
    expect(await collect(sink.removeTags(['app:1', 'gone']))).toEqual([{ tag: 'app:1' }, { tag: 'gone' }])
    expect(await listed()).toEqual(['app:2'])
    expect(JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8'))).toMatchObject({
      manifests: [{}, {}],
    })
    expect(existsSync(join(directory, 'blobs', 'sha256', hexOf(image.manifest.digest)))).toBe(true)
  })

  it('reports a list of images that cannot be read for each name', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await put(sink, '1')
    writeFileSync(join(directory, 'index.json'), '[')
    const outcomes = await collect(sink.removeTags(['1', '2']))
    expect(outcomes.map(({ tag, error }) => [tag, error?.code])).toEqual([
      ['1', 'STORE_CORRUPT'],
      ['2', 'STORE_CORRUPT'],
    ])
  })
})
