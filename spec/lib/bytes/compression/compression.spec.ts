import { describe, expect, it } from 'vitest'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { compressionHeadBytes, detectCompression } from '../../../../lib/bytes/compression/compression.js'
import { sniffCompression } from '../../../../lib/bytes/compression/sniff.js'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')

describe('detectCompression', () => {
  it('detects the compression from the data (S2-58)', () => {
    expect(detectCompression(gzipSync('x'))).toBe('gzip')
    expect(detectCompression(hex('28b52ffd0458'))).toBe('zstd')
    expect(detectCompression(hex('502a4d1804000000'))).toBe('zstd')
    expect(detectCompression(hex('5f2a4d1804000000'))).toBe('zstd')
    expect(detectCompression(hex('602a4d1804000000'))).toBe('none')
    expect(detectCompression(Buffer.from('usr/bin/x\0'))).toBe('none')
    expect(detectCompression(Buffer.alloc(0))).toBe('none')
    expect(detectCompression(hex('1f8b'))).toBe('none')
  })

  it('rejects compressions that images do not use, and names them', () => {
    const refused = {
      xz: 'fd377a585a000004',
      bzip2: '425a6839314159265359',
      lz4: '04224d1864',
      lzip: '4c5a495001',
    }
    for (const [name, bytes] of Object.entries(refused))
      expect(() => detectCompression(hex(bytes))).toThrow(
        expect.objectContaining({
          code: 'LAYER_INVALID',
          message: expect.stringContaining(name) as string,
        }) as Error,
      )
  })

  it('does not mistake a file name for the start of a bzip2 stream', () => {
    expect(detectCompression(Buffer.from('BZh91.txt\0'))).toBe('none')
    for (const magic of ['314159265359', '177245385090'])
      expect(detectCompression(Buffer.concat([Buffer.from('a.b/'), hex(magic)]))).toBe('none')
  })
})

describe('sniffCompression', () => {
  const dripping = (bytes: Buffer, size: number): Readable =>
    Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      })(),
      { objectMode: false },
    )

  it('consumes nothing of the stream, whatever its chunks', async () => {
    const bytes = gzipSync(Buffer.alloc(100_000, 'abc'))
    for (const size of [1, 3, compressionHeadBytes, 5000]) {
      const { compression, stream } = await sniffCompression(dripping(bytes, size))
      expect(compression).toBe('gzip')
      expect((await buffer(stream)).equals(bytes)).toBe(true)
    }
  })

  it('works for short and empty streams, which still end', async () => {
    for (const text of ['abc', '']) {
      const { compression, stream } = await sniffCompression(dripping(Buffer.from(text), 2))
      expect(compression).toBe('none')
      expect((await buffer(stream)).toString()).toBe(text)
    }
  })

  it('leaves no listener on the returned stream', async () => {
    for (const text of ['abc', 'a longer text than the head']) {
      const source = dripping(Buffer.from(text), 2)
      const before = ['readable', 'end', 'error', 'close'].map((name) => source.listenerCount(name))
      await sniffCompression(source)
      expect(['readable', 'end', 'error', 'close'].map((name) => source.listenerCount(name))).toEqual(before)
      source.destroy()
    }
  })

  it('fails with the error of the stream, or when it is closed', async () => {
    const failing = new Readable({ read: () => undefined })
    const sniffed = sniffCompression(failing)
    failing.destroy(new Error('gone'))
    await expect(sniffed).rejects.toThrow('gone')
    const closing = new Readable({ read: () => undefined })
    const waiting = sniffCompression(closing)
    closing.destroy()
    await expect(waiting).rejects.toThrow(/closed before/)
    const foreign = dripping(hex('fd377a585a0000040000'), 3)
    await expect(sniffCompression(foreign)).rejects.toThrow(/xz/)
    expect(foreign.destroyed).toBe(true)
  })
})
