import { getEventListeners } from 'node:events'
import { type Duplex, PassThrough, Readable, Writable } from 'node:stream'
import { createHash } from 'node:crypto'
import { type IncomingMessage, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { tee } from '../../../lib/bytes/tee.js'
import { WindlassError } from '../../../lib/errors.js'

interface SinkOptions {
  readonly delay?: number
  readonly highWaterMark?: number
  /** Number of writes before the sink fails. */
  readonly failAfter?: number
  readonly error?: Error
}

/** A sink that keeps what it receives. */
function collector({ delay, highWaterMark = 1024, failAfter = Infinity, error }: SinkOptions = {}) {
  const chunks: Buffer[] = []
  let writes = 0
  const sink = new Writable({
    highWaterMark,
    write: (chunk: Buffer, _encoding, done) => {
      const settle = (): void => {
        const fails = writes++ >= failAfter
        if (!fails) chunks.push(chunk)
        done(fails ? error : undefined)
      }
      if (delay === undefined) settle()
      else void pause(delay).then(settle)
    },
  })
  return { sink, bytes: () => Buffer.concat(chunks) }
}

const chunksOf = fc.array(
  fc.uint8Array({ maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 20 },
)
const sinkOptions = fc.record({
  delay: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
  highWaterMark: fc.constantFrom(1, 1_000, 100_000),
})

describe('tee', () => {
  it('gives every sink all bytes, however slow each is', async () => {
    await fc.assert(
      fc.asyncProperty(chunksOf, fc.array(sinkOptions, { maxLength: 5 }), async (chunks, options) => {
        const sinks = options.map(({ delay, highWaterMark }) =>
          collector({ highWaterMark, ...(delay !== undefined && { delay }) }),
        )
        const source = Readable.from(chunks, { objectMode: false })
        await tee(
          source,
          sinks.map(({ sink }) => sink),
        )
        const whole = Buffer.concat(chunks)
        for (const { bytes, sink } of sinks) {
          expect(bytes().equals(whole)).toBe(true)
          expect(sink.closed).toBe(true)
        }
        expect(source.closed).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('fails with the error of any sink at any moment, and closes all streams', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), { minLength: 1, maxLength: 20 }),
        fc.array(sinkOptions, { maxLength: 3 }),
        fc.nat(19),
        fc.nat(3),
        async (chunks, options, at, position) => {
          const error = new Error('disk full')
          const sinks = options.map(({ delay, highWaterMark }) =>
            collector({ highWaterMark, ...(delay !== undefined && { delay }) }),
          )
          sinks.splice(position, 0, collector({ failAfter: at % chunks.length, error, highWaterMark: 1 }))
          const source = Readable.from(
            chunks.map((each) => Buffer.from(each)),
            { objectMode: true },
          )
          const streams = sinks.map(({ sink }) => sink)
          await expect(tee(source, streams)).rejects.toBe(error)
          expect([source, ...streams].map(({ closed }) => closed)).not.toContain(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('reads no further than the slowest sink allows', async () => {
    let produced = 0
    const source = new Readable({
      highWaterMark: 64 * 1024,
      read() {
        produced += 64 * 1024
        this.push(produced > 64 << 20 ? null : Buffer.alloc(64 * 1024))
      },
    })
    let go = (): void => undefined
    const stuck = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void (go = done) })
    const fast = collector({ highWaterMark: 1 << 20 })
    const stop = new AbortController()
    const done = tee(source, [fast.sink, stuck], { signal: stop.signal })
    await pause(50)
    expect(produced).toBeLessThan(4 << 20)
    const before = produced
    await pause(20)
    expect(produced).toBe(before)
    for (let n = 0; n < 40; n++) {
      go()
      await pause(1)
    }
    expect(fast.bytes().length).toBeGreaterThan(1 << 20)
    stop.abort()
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED' })
    expect([source, fast.sink, stuck].map(({ closed }) => closed)).toEqual([true, true, true])
  })

  it('fails with the error of the source', async () => {
    const error = new Error('gone')
    const source = new Readable({ read() {} })
    source.push('some')
    const { sink } = collector()
    const done = tee(source, [sink])
    setTimeout(() => source.destroy(error), 5)
    await expect(done).rejects.toBe(error)
    expect(sink.closed).toBe(true)
  })

  it('fails for a source or a sink that closes before its end', async () => {
    for (const early of ['source', 'sink']) {
      const source = new Readable({ read() {} })
      source.push('some')
      const { sink } = collector()
      const done = tee(source, [sink])
      setTimeout(() => (early === 'source' ? source : sink).destroy(), 5)
      await expect(done).rejects.toMatchObject({ code: 'INTERNAL' })
      expect([source.closed, sink.closed]).toEqual([true, true])
    }
  })

  it('fails at once with a signal that is aborted, and with its reason if that is an error of Windlass', async () => {
    const reason = new WindlassError('USAGE', 'enough')
    const { sink } = collector()
    const done = tee(Readable.from([Buffer.from('x')]), [sink], { signal: AbortSignal.abort(reason) })
    await expect(done).rejects.toBe(reason)
    expect(sink.closed).toBe(true)
  })

  it('leaves no listener on the signal, however it ends', async () => {
    const { signal } = new AbortController()
    const source = (): Readable => Readable.from([Buffer.from('bytes')], { objectMode: false })
    await tee(source(), [collector().sink], { signal })
    const error = new Error('full')
    await expect(tee(source(), [collector({ failAfter: 0, error }).sink], { signal })).rejects.toBe(error)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('leaves a request open for its response, and closes it after a failure', async () => {
    const server = createServer((asked, answer) => {
      let bytes = 0
      asked.on('data', (chunk: Buffer) => (bytes += chunk.length)).on('end', () => answer.end(String(bytes)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const put = () => request({ port: (server.address() as AddressInfo).port, method: 'PUT' })
    const good = put()
    const answer = new Promise<IncomingMessage>((resolve) => good.on('response', resolve))
    await tee(Readable.from([Buffer.alloc(300_000)], { objectMode: false }), [good])
    expect(await text(await answer)).toBe('300000')
    const bad = put()
    const error = new Error('gone')
    const { sink } = collector({ failAfter: 0, error })
    await expect(
      tee(Readable.from([Buffer.alloc(300_000)], { objectMode: false }), [bad, sink]),
    ).rejects.toBe(error)
    expect(bad.destroyed).toBe(true)
  })

  it('leaves the readable side of a sink to the caller', async () => {
    const hash = createHash('sha256')
    const through: Duplex = new PassThrough()
    await tee(Readable.from([Buffer.from('content')], { objectMode: false }), [hash, through])
    expect(hash.digest('hex')).toBe(createHash('sha256').update('content').digest('hex'))
    const read: Buffer[] = []
    for await (const chunk of through as AsyncIterable<Buffer>) read.push(chunk)
    expect(Buffer.concat(read).toString()).toBe('content')
  })
})
