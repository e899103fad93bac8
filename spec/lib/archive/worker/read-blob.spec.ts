/** A blob is read to its end even if its archive is invalid, because an error of the digest takes precedence over an error of the content. */
import { randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { pack } from 'tar-stream'
import { type ReadContext, readLayerBlob } from '../../../../lib/archive/worker/read-blob.js'
import type { Expectations } from '../../../../lib/archive/worker/task.js'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits } from '../../../../lib/limits.js'

async function archiveOf(files: Readonly<Record<string, Buffer>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Cuts a blob into pieces, as a file is read. */
function* pieces(bytes: Buffer, size = 64 * 1024): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const archive = await archiveOf({ a: Buffer.from('a'), large: randomBytes(3_000_000), z: Buffer.from('z') })
const blob = gzipSync(archive, { level: 1 })
const expected = { digest: digestOf(blob), size: blob.length, diffID: digestOf(archive) }

function read(bytes: Buffer, wanted?: Expectations, more: Partial<ReadContext> = {}) {
  const seen: string[] = []
  const source = Readable.from(pieces(bytes))
  const stop = new AbortController()
  const handler = {
    entries: 0,
    entry() {
      this.entries++
    },
    data: () => undefined,
    end: () => undefined,
  }
  const context = { signal: stop.signal, onProgress: () => undefined, ...more }
  const result = readLayerBlob(source, handler, wanted, context, () => seen.push('finish'))
  return { result, seen, source, stop }
}

describe('a blob that is read', () => {
  it('gives its diffID, and everything is closed', async () => {
    const { result, seen, source, stop } = read(blob, expected)
    expect(await result).toMatchObject({ diffID: digestOf(archive), size: archive.length, entries: 3 })
    expect(seen).toEqual(['finish'])
    expect(source.closed).toBe(true)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('of several megabytes is reported as corrupt wherever the damage is, even if the archive is invalid', async () => {
    for (const at of [2, 20, 40_000, 1_500_000, blob.length - 2]) {
      const wrong = Buffer.from(blob)
      wrong[at]! ^= 0xff
      const { result, seen, source } = read(wrong, expected)
      await expect(result).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
      expect(seen).toEqual([])
      expect(source.closed).toBe(true)
    }
    const otherwise = archive.subarray(0, 2_000_000)
    await expect(
      read(otherwise, { digest: digestOf(archive), size: archive.length }).result,
    ).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
  })

  it('is reported as corrupt and not as over a limit', async () => {
    const limits = { ...defaultLimits, layerBytes: 100_000 }
    const wrong = Buffer.from(blob)
    wrong[blob.length - 2]! ^= 0xff
    await expect(read(wrong, expected, { limits }).result).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    await expect(read(blob, expected, { limits }).result).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('is reported as corrupt and not as a wrong diffID, and is not finished in either case', async () => {
    const diffID = digestOf(Buffer.from('another'))
    const wrong = Buffer.from(blob)
    wrong[wrong.length - 2]! ^= 0xff
    await expect(read(wrong, { ...expected, diffID }).result).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    const { result, seen } = read(blob, { ...expected, diffID })
    await expect(result).rejects.toMatchObject({ code: 'DIFF_ID_MISMATCH' })
    expect(seen).toEqual([])
  })

  it('is reported as an invalid layer if its digest is right', async () => {
    for (const bytes of [archive.subarray(0, 1_000_000), randomBytes(2_000_000)]) {
      const wanted = { digest: digestOf(bytes), size: bytes.length }
      await expect(read(bytes, wanted).result).rejects.toMatchObject({ code: 'LAYER_INVALID' })
    }
  })

  it('is closed even if nothing is read', async () => {
    const { result, source } = read(blob, expected, { signal: AbortSignal.abort() })
    await expect(result).rejects.toThrow()
    expect(source.closed).toBe(true)
  })

  it('is read no further after the signal aborts', async () => {
    const { result, stop, source } = read(blob, expected)
    stop.abort(new Error('enough'))
    await expect(result).rejects.toThrow('enough')
    expect(source.closed).toBe(true)
  })
})
