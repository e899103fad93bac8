/** Reading files by a table of contents, and from the archive if the source does not serve parts of blobs. */
import { describe, expect, it, vi } from 'vitest'
import type { LayerReader } from '../../../../lib/archive/listing/layer-reader.js'
import { TocLayer } from '../../../../lib/archive/listing/toc-layer.js'
import type { RandomAccessBlob } from '../../../../lib/bytes/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { encodeLayer } from '../../../../testbench/toc/encode.js'
import { knownLayer } from '../../../support/archive/listed-layers.js'
import { type Made, directory, file } from '../../../support/archive/scratch.js'
import { accessTo, tocOf } from '../../../support/toc.js'

const files = { a: 'in a', b: 'in b' }
const layer = encodeLayer(
  [{ path: 'd/' }, ...Object.entries(files).map(([path, content]) => ({ path, content }))],
  { format: 'estargz', memberBytes: 100_000 },
)
const unsupported = new WindlassError('UNSUPPORTED', 'no parts')

/** A layer whose blob is read by `stream`, and whose archive has `entries`. */
async function layerOf(
  stream: (real: RandomAccessBlob) => RandomAccessBlob['stream'],
  entries: readonly Made[] = [directory('d'), file('a', files.a), file('b', files.b)],
  signal?: AbortSignal,
) {
  const { entries: tocEntries } = await tocOf(layer)
  const { blob } = accessTo(layer.bytes)
  const archive = knownLayer(entries)
  const close = vi.spyOn(archive, 'close')
  const openArchive = vi.fn((): LayerReader => archive)
  const played = Object.assign(Object.create(blob) as RandomAccessBlob, { stream: stream(blob) })
  const toc = new TocLayer({ blob: played, tocEntries, compression: 'gzip', openArchive, signal })
  const read = async (path: string): Promise<string> => {
    const chunks: Buffer[] = []
    const ordinal = toc.entries.findIndex((entry) => entry.path === path)
    for await (const chunk of toc.content(ordinal).read({ verify: false })) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
  return { toc, read, openArchive, close }
}
// eslint-disable-next-line require-yield -- it fails before the first byte
async function* failing(error: Error): AsyncGenerator<Buffer, void, undefined> {
  throw error
}

describe('a layer with a table of contents', () => {
  it('has all entries, verified, and their content by parts of the blob', async () => {
    const { toc, read, openArchive } = await layerOf((blob) => blob.stream.bind(blob))
    expect([toc.complete, toc.verified, toc.content(0).verified]).toEqual([true, true, true])
    await toc.advance()
    expect(toc.entries.map(({ path }) => path)).toEqual(['d/', 'a', 'b'])
    expect([await read('a'), await read('b'), await read('d/')]).toEqual([files.a, files.b, ''])
    expect(openArchive).not.toHaveBeenCalled()
    await toc.close()
  })

  it('has the content of its archive if the source does not serve parts, opened once and closed', async () => {
    const { toc, read, openArchive, close } = await layerOf(() => () => failing(unsupported))
    expect([await read('b'), await read('a')]).toEqual([files.b, files.a])
    expect(openArchive).toHaveBeenCalledTimes(1)
    await toc.close()
    expect(close).toHaveBeenCalledTimes(1)
  })

  it('is verified also where it is read from its archive', async () => {
    const other = [directory('d'), file('a', 'no a'), file('b', files.b)]
    const { read } = await layerOf(() => () => failing(unsupported), other)
    await expect(read('a')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(await read('b')).toBe(files.b)
  })

  it.each<readonly [string, readonly Made[]]>([
    ['another name', [directory('d'), file('x', files.a), file('b', files.b)]],
    ['a directory', [directory('d'), directory('a'), file('b', files.b)]],
    ['nothing', [directory('d')]],
  ])('is refused if its archive has %s at the position of a file', async (_, entries) => {
    const { read } = await layerOf(() => () => failing(unsupported), entries)
    await expect(read('a')).rejects.toMatchObject({
      code: 'LAYER_INVALID',
      message: expect.stringContaining('at different positions') as string,
    })
  })

  it('fails with other errors, and with one that follows content', async () => {
    const network = new WindlassError('NETWORK', 'reset')
    const failed = await layerOf(() => () => failing(network))
    await expect(failed.read('a')).rejects.toBe(network)
    const plain = new Error('plain')
    await expect((await layerOf(() => () => failing(plain))).read('a')).rejects.toBe(plain)
    expect(failed.openArchive).not.toHaveBeenCalled()
  })

  it('requests content with its signal', async () => {
    const { signal } = new AbortController()
    const signals: unknown[] = []
    const { read } = await layerOf(
      (blob) => (part, given) => {
        signals.push(given)
        return blob.stream(part, given)
      },
      undefined,
      signal,
    )
    await read('a')
    expect(signals).toEqual([signal])
  })
})
