import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Transform, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pump } from '../../../lib/bytes/pump.js'
import { WindlassError } from '../../../lib/errors.js'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'windlass-pump-'))
  await writeFile(join(root, 'from'), Buffer.alloc(3_000_000, 'x'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Number of files in the directory of the test that this process has open. */
async function openHere(): Promise<number> {
  const { readlink } = await import('node:fs/promises')
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((path) => path.startsWith(root)).length
}

const linux = process.platform === 'linux'

describe('pump', () => {
  it('moves all bytes, and has closed every stream when it settles', async () => {
    const streams = [
      createReadStream(join(root, 'from')),
      new PassThrough(),
      createWriteStream(join(root, 'to')),
    ] as const
    await pump(streams)
    expect(streams.map(({ closed }) => closed)).toEqual([true, true, true])
    expect((await readFile(join(root, 'to'))).length).toBe(3_000_000)
  })

  it('closes streams that do not close by themselves', async () => {
    const source = new Readable({ autoDestroy: false, read: () => undefined })
    source.push('x')
    source.push(null)
    await pump([source, new Writable({ write: (_chunk, _encoding, done) => done() })])
    expect(source.closed).toBe(true)
  })

  it('fails with the first error and destroys the rest', async () => {
    const failing = new Transform({ transform: (_chunk, _encoding, done) => done(new Error('broken')) })
    const streams = [
      createReadStream(join(root, 'from')),
      failing,
      createWriteStream(join(root, 'to')),
    ] as const
    await expect(pump(streams)).rejects.toThrow('broken')
    expect(streams.map(({ closed }) => closed)).toEqual([true, true, true])
  })

  it.skipIf(!linux)(
    'can be aborted at any moment, leaks no descriptor, and throws nothing later',
    async () => {
      const raised: unknown[] = []
      const note = (error: unknown): void => void raised.push(error)
      process.on('uncaughtException', note)
      for (let i = 0; i < 60; i++) {
        const abort = new AbortController()
        const work = pump(
          [
            createReadStream(join(root, 'from'), { highWaterMark: 10_000 }),
            new PassThrough(),
            createWriteStream(join(root, `to-${i % 3}`)),
          ],
          { signal: abort.signal },
        )
        if (i % 4 > 0) await new Promise((resolve) => setTimeout(resolve, i % 7))
        abort.abort()
        const failure = await work.catch((error: unknown) => error)
        if (failure !== undefined) expect(failure).toMatchObject({ name: 'WindlassError', code: 'CANCELLED' })
        expect(await openHere()).toBe(0)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
      process.off('uncaughtException', note)
      expect(raised).toEqual([])
    },
  )

  it('fails with the reason of the signal if that is a WindlassError; starts nothing if already aborted', async () => {
    const reason = new WindlassError('STALLED', 'too slow')
    const source = new Readable({ read: () => undefined })
    const sink = new PassThrough()
    await expect(pump([source, sink], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect([source.closed, sink.closed]).toEqual([true, true])
  })

  it('ignores errors of streams that it destroys at its end', async () => {
    const sink = new Writable({
      autoDestroy: false,
      write: (_chunk, _encoding, done) => done(),
      destroy: (_error, done) => setImmediate(done, new Error('late')),
    })
    await pump([Readable.from([Buffer.from('x')]), sink])
    expect(sink.closed).toBe(true)
    // An error without a listener would be one of the process.
    await new Promise(setImmediate)
  })

  it('settles if one of its streams is closed already', async () => {
    const source = Readable.from([])
    await new Promise((resolve) => source.once('close', resolve).destroy())
    const settled = pump([source, new PassThrough()]).then(
      () => 'settled',
      () => 'settled',
    )
    const turns = async (): Promise<string> => {
      for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate)
      return 'still waiting'
    }
    expect(await Promise.race([settled, turns()])).toBe('settled')
  })
})
