import { PassThrough, Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { batches } from '../../../lib/bytes/index.js'

const all = async (stream: Readable): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const batch of batches(stream)) chunks.push(...batch)
  return Buffer.concat(chunks)
}

describe('batches', () => {
  it('yields every byte once and in order, whatever the chunks and however slow the reader', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        async (chunks, waits) => {
          const stream = new PassThrough({ highWaterMark: 64 })
          const reading = (async () => {
            const chunks: Buffer[] = []
            for await (const batch of batches(stream)) {
              if (waits.next().value) await setImmediate()
              expect(batch.length).toBeGreaterThan(0)
              chunks.push(...batch)
            }
            return Buffer.concat(chunks)
          })()
          for (const chunk of chunks) {
            if (waits.next().value) await setImmediate()
            if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve))
          }
          stream.end()
          expect((await reading).equals(Buffer.concat(chunks))).toBe(true)
        },
      ),
    )
  })

  it('yields the chunks unchanged, several in one batch', async () => {
    const chunks = [Buffer.from('a'), Buffer.from('bc'), Buffer.from('d')]
    const stream = new PassThrough()
    for (const chunk of chunks) stream.write(chunk)
    stream.end()
    const received: (readonly Buffer[])[] = []
    for await (const batch of batches(stream)) received.push(batch)
    expect(received.flat().map((chunk, at) => chunk === chunks[at])).toEqual([true, true, true])
    expect(received.length).toBeLessThan(3)
  })

  it('lets a few bytes wait for more, but not for long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const stream = new PassThrough()
    const reading = batches(stream)
    const sizes: number[] = []
    const next = async () => sizes.push((await reading.next()).value?.length ?? 0)
    for (const chunks of [3, 2]) {
      const done = next()
      for (let at = 0; at < chunks; at++) {
        stream.write('a')
        await setImmediate()
      }
      await vi.advanceTimersByTimeAsync(9)
      expect(sizes).not.toContain(chunks)
      await vi.advanceTimersByTimeAsync(1)
      await done
    }
    // What came while the reader was busy waits as well.
    stream.write('b')
    await setImmediate()
    const last = next()
    await setImmediate()
    stream.write('c')
    await vi.advanceTimersByTimeAsync(10)
    await last
    expect(sizes).toEqual([3, 2, 2])
    stream.destroy()
    await reading.return()
  })

  it('does not let many bytes wait, nor the last ones', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const stream = new PassThrough({ highWaterMark: 2 ** 20 })
    const reading = batches(stream)
    const first = reading.next()
    await setImmediate()
    stream.write(Buffer.alloc(256 * 1024))
    expect((await first).value).toHaveLength(1)
    const second = reading.next()
    stream.end('z')
    expect((await second).value).toEqual([Buffer.from('z')])
    expect((await reading.next()).done).toBe(true)
  })

  it('buffers at most about a megabyte for a busy reader', async () => {
    let bytesMade = 0
    const stream = new Readable({
      read() {
        bytesMade += 65_536
        this.push(Buffer.alloc(65_536))
      },
    })
    const reading = batches(stream)
    await reading.next()
    for (let turn = 0; turn < 100; turn++) await setImmediate()
    // The batch that the reader has, the next batch, and what the stream itself buffers.
    expect(bytesMade).toBeLessThan(2.5 * 1024 * 1024)
    await reading.return()
    stream.destroy()
  })

  it('buffers at most about a thousand chunks, for a body that arrives byte by byte', async () => {
    let chunksMade = 0
    const stream = new Readable({
      highWaterMark: 16,
      read() {
        chunksMade++
        this.push(Buffer.alloc(1))
      },
    })
    const reading = batches(stream)
    await reading.next()
    for (let turn = 0; turn < 10_000; turn++) await setImmediate()
    expect(chunksMade).toBeLessThan(3000)
    expect((await reading.next()).value).toHaveLength(1024)
    await reading.return()
    stream.destroy()
  })

  it('yields the chunks before a failure, then throws', async () => {
    const stream = new PassThrough()
    const reading = batches(stream)
    const first = reading.next()
    stream.write('a')
    expect((await first).value).toEqual([Buffer.from('a')])
    stream.write('b')
    await setImmediate()
    stream.destroy(new Error('reset'))
    await setImmediate()
    expect((await reading.next()).value).toEqual([Buffer.from('b')])
    await expect(reading.next()).rejects.toThrow('reset')
  })

  it('works for streams that have already ended or failed', async () => {
    const failed = new PassThrough().on('error', () => undefined)
    failed.destroy(new Error('long ago'))
    await setImmediate()
    await expect(all(failed)).rejects.toThrow('long ago')
    const closed = new PassThrough()
    closed.destroy()
    await setImmediate()
    expect(await all(closed)).toHaveLength(0)
    expect(await all(Readable.from([], { objectMode: false }))).toHaveLength(0)
  })

  it('handles errors of a stream after its reader has stopped', async () => {
    const stream = new PassThrough()
    stream.write('a')
    const reading = batches(stream)
    await reading.next()
    await reading.return()
    const closed = new Promise((resolve) => stream.once('close', resolve))
    expect(stream.listenerCount('error')).toBeGreaterThan(0)
    stream.destroy(new Error('nobody hears it'))
    await closed
  })

  it('does not destroy a stream when its reader stops', async () => {
    const stream = Readable.from([Buffer.from('a'), Buffer.from('b')], { objectMode: false })
    for await (const batch of batches(stream)) {
      expect(String(batch[0])).toBe('a')
      break
    }
    expect(['data', 'end', 'close'].map((name) => stream.listenerCount(name))).toEqual([0, 0, 0])
    stream.destroy(new Error('nobody hears it'))
    await setImmediate()
  })

  it('does not let many tiny chunks wait, and leaves no timer when its reader stops', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const stream = new PassThrough()
    const reading = batches(stream)
    const first = reading.next()
    for (let count = 0; count < 1_100; count++) stream.write('x')
    expect((await first).value).toHaveLength(1_024)
    const second = reading.next()
    await setImmediate()
    vi.advanceTimersByTime(10)
    expect((await second).value).toHaveLength(76)
    stream.write('y')
    await setImmediate()
    expect(vi.getTimerCount()).toBe(1)
    await reading.return()
    expect(vi.getTimerCount()).toBe(0)
  })
})
