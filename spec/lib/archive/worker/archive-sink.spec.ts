/** The sink enforces the limits of an unpacked archive, and checks its diffID at the end. */
import { describe, expect, it } from 'vitest'
import { type ArchiveOptions, ArchiveSink } from '../../../../lib/archive/worker/archive-sink.js'
import { WindlassError } from '../../../../lib/errors.js'
import { digestOf } from '../../../../lib/image/index.js'
import { defaultLimits, type Limits, minBytesForRatio } from '../../../../lib/limits.js'

const handler = { entry: () => undefined, data: () => undefined, end: () => undefined }
const empty = Buffer.alloc(1024)

function sinkOf(limits: Partial<Limits>, more: Partial<ArchiveOptions> = {}): ArchiveSink {
  return new ArchiveSink(handler, {
    ...{ expected: undefined, bytesBefore: 0, limits: { ...defaultLimits, ...limits } },
    ...more,
  })
}
/** Writes an archive of this many bytes, and returns the code of the error, if any. */
async function refused(sink: ArchiveSink, bytes: number): Promise<string | undefined> {
  const closed = new Promise<WindlassError | undefined>((resolve) => {
    sink.on('error', (error: WindlassError) => resolve(error)).on('finish', () => resolve(undefined))
  })
  sink.end(Buffer.alloc(bytes))
  return (await closed)?.code
}

describe('an archive that is read', () => {
  it('may have as many bytes as the limits of the layer and the image allow', async () => {
    expect(await refused(sinkOf({ layerBytes: 2048 }), 2048)).toBeUndefined()
    expect(await refused(sinkOf({ layerBytes: 2047 }), 2048)).toBe('LIMIT_EXCEEDED')
    expect(await refused(sinkOf({ imageBytes: 3072 }, { bytesBefore: 1024 }), 2048)).toBeUndefined()
    expect(await refused(sinkOf({ imageBytes: 3071 }, { bytesBefore: 1024 }), 2048)).toBe('LIMIT_EXCEEDED')
  })

  it('may have the maximum compression ratio, and any ratio up to a small size', async () => {
    const after = (before: number, compressed: number | undefined): ArchiveSink => {
      const sink = sinkOf({ layerRatio: 1 })
      sink.archiveSize.bytes = before
      sink.archiveSize.compressedBytes = compressed
      return sink
    }
    expect(await refused(after(minBytesForRatio, minBytesForRatio + 1024), 1024)).toBeUndefined()
    expect(await refused(after(minBytesForRatio, minBytesForRatio + 1023), 1024)).toBe('LIMIT_EXCEEDED')
    expect(await refused(after(minBytesForRatio - 1024, 1), 1024)).toBeUndefined()
    expect(await refused(after(minBytesForRatio, undefined), 1024)).toBeUndefined()
  })

  it('has a diffID with the algorithm of the expected one, unless another is requested', async () => {
    for (const by of ['sha256', 'sha512'] as const) {
      const right = sinkOf({}, { expected: digestOf(empty, by) })
      expect(await refused(right, 1024)).toBeUndefined()
      expect(right.diffID).toBe(digestOf(empty, by))
      right.check()
      const asked = sinkOf({}, { expected: undefined, algorithm: by })
      await refused(asked, 1024)
      expect(asked.diffID).toBe(digestOf(empty, by))
    }
  })

  it('is rejected if its diffID is wrong, but first for its rejection', async () => {
    const wrong = sinkOf({}, { expected: digestOf(Buffer.from('another')) })
    await refused(wrong, 1024)
    expect(() => wrong.check()).toThrow(expect.objectContaining({ code: 'DIFF_ID_MISMATCH' }) as Error)
    wrong.rejection = new WindlassError('LAYER_INVALID', 'cut off')
    expect(() => wrong.check()).toThrow('cut off')
  })

  it('waits after each chunk, and fails if that fails', async () => {
    const waits: (() => void)[] = []
    const sink = sinkOf({}, { afterChunk: () => new Promise<void>((resolve) => waits.push(resolve)) })
    const consumed: Buffer[] = []
    sink.onConsumed = (chunk) => consumed.push(chunk)
    let isWritten = false
    sink.write(Buffer.alloc(512), () => (isWritten = true))
    sink.write(Buffer.alloc(512))
    await new Promise(setImmediate)
    expect([isWritten, waits.length, consumed.length]).toEqual([false, 1, 1])
    waits[0]!()
    await new Promise(setImmediate)
    expect([isWritten, waits.length, consumed.length]).toEqual([true, 2, 2])
    sink.destroy()
    const problem = new WindlassError('CANCELLED', 'the receiver failed')
    expect(await refused(sinkOf({}, { afterChunk: () => Promise.reject(problem) }), 1024)).toBe('CANCELLED')
  })
})
