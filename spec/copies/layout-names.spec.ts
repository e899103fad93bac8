/** The names of a layout as a target: listed, moved and removed. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { hexOf, mediaTypes } from '../../lib/image/index.js'
import { type LayoutSink, layoutSink } from '../../lib/sinks/index.js'
import { tinyImage } from '../../lib/testing/images/index.js'
import { artifact } from '../support/artifacts.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { opening } from '../support/with-target.js'

const work = temporaryDirectory()
let made = 0
const fresh = (): string => join(work, String(++made))
const { manifest, config } = tinyImage()
const listed = (directory: string): object[] =>
  (JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: object[] }).manifests

async function removalsOf(sink: LayoutSink, names: readonly string[], signal?: AbortSignal) {
  const found: unknown[] = []
  for await (const removal of sink.removeTags(names, signal && { signal })) found.push(removal)
  return found
}
async function tagsOf(sink: LayoutSink): Promise<readonly string[]> {
  const found: string[] = []
  for await (const page of sink.tags()) found.push(...page)
  return found
}

describe('the names of a layout', () => {
  it('are none before it exists', async () => {
    expect(await tagsOf(layoutSink(fresh()))).toEqual([])
  })

  it('are removed without their blobs, and other names stay', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    for (const tag of ['a', 'b', 'c']) await sink.putManifest(manifest.bytes, manifest, { tag })
    expect(await tagsOf(sink)).toEqual(['a', 'b', 'c'])
    expect(await removalsOf(sink, ['a', 'c', 'none'])).toEqual([{ tag: 'a' }, { tag: 'c' }, { tag: 'none' }])
    expect(await tagsOf(sink)).toEqual(['b'])
    expect(await sink.hasBlob(manifest)).toBe(true)
  })

  it('each have the error if none can be removed, unless that is a cancellation', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await sink.putManifest(manifest.bytes, manifest, { tag: 'a' })
    await expect(removalsOf(sink, ['a'], AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    writeFileSync(join(directory, 'index.json'), 'damaged')
    const error = expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error
    expect(await removalsOf(sink, ['a', 'b'])).toEqual([
      { tag: 'a', error },
      { tag: 'b', error },
    ])
  })

  it('do not include a referrer, which is listed nevertheless', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    const { bytes, descriptor } = artifact(manifest.digest, 'sbom')
    await sink.putReferrer(bytes, descriptor, manifest.digest)
    expect(await tagsOf(sink)).toEqual([])
    expect(listed(directory)).toMatchObject([
      { digest: descriptor.digest, artifactType: descriptor.artifactType },
    ])
  })

  it('have no digest that a path could be made of without a check', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    await sink.putManifest(manifest.bytes, manifest, { tag: 'a' })
    const text = readFileSync(join(directory, 'index.json'), 'utf8')
    writeFileSync(join(directory, 'index.json'), text.replace(manifest.digest, 'sha256:../../x'))
    expect(await sink.resolve('a')).toBeUndefined()
  })
})

describe('a manifest in a layout', () => {
  it('is written once, and its entry states the size of its bytes', async () => {
    const directory = fresh()
    const sink = layoutSink(directory)
    const inode = (): number => statSync(join(directory, 'blobs/sha256', hexOf(manifest.digest))).ino
    await sink.putManifest(manifest.bytes, { ...manifest, size: 1 }, { tag: 'a' })
    const before = inode()
    await sink.putManifest(manifest.bytes, manifest, { tag: 'b' })
    expect(inode()).toBe(before)
    expect(listed(directory)).toMatchObject([{ size: manifest.size }, { size: manifest.size }])
    expect(listed(directory)).toMatchObject([{ mediaType: mediaTypes.ociManifest }, {}])
  })
})

describe('a blob in a layout', () => {
  it('is not opened after a cancellation', async () => {
    const open = vi.fn(opening(config.bytes))
    const directory = fresh()
    const writing = layoutSink(directory).putBlob(config, open, { signal: AbortSignal.abort() })
    await expect(writing).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(open).not.toHaveBeenCalled()
    expect(existsSync(directory)).toBe(false)
  })

  it('is written after the layout could not be made, once the reason is gone', async () => {
    const directory = fresh()
    writeFileSync(directory, 'a file')
    const sink = layoutSink(directory)
    await expect(sink.putBlob(config, opening(config.bytes))).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    rmSync(directory)
    await sink.putBlob(config, opening(config.bytes))
    expect(readdirSync(join(directory, 'blobs/sha256'))).toEqual([hexOf(config.digest)])
  })
})
