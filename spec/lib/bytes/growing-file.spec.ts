import { createHash, randomBytes } from 'node:crypto'
import { getEventListeners } from 'node:events'
import { statSync } from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { followFile, type Growth } from '../../../lib/bytes/follow-file.js'
import { GrowingFile, type GrowingState } from '../../../lib/bytes/growing-file.js'
import { digestOf, parseDigest } from '../../../lib/image/digest/digest.js'
import { PooledFile } from '../../../lib/system/files.js'

const data = randomBytes(2_500_000)
const expected = {
  digest: parseDigest(`sha256:${createHash('sha256').update(data).digest('hex')}`),
  size: data.length,
}
let root = ''
let path = ''
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'windlass-growing-'))
})
beforeEach(() => {
  path = join(root, String(count++))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const phases = (file: GrowingFile): GrowingState[] => {
  const seen: GrowingState[] = []
  file.states.subscribe((state) => seen.push(state))
  return seen
}
/** Yields each length of `file`, as it would be posted to a worker thread. */
async function* lengths(file: GrowingFile): AsyncGenerator<Growth> {
  let wake = (): void => undefined
  let woken = new Promise<void>((resolve) => (wake = resolve))
  const subscription = file.states.subscribe(() => wake())
  try {
    for (;;) {
      const { length, phase } = file.state
      if (phase === 'failed') throw file.state.error!
      yield { length, final: phase !== 'growing' }
      if (phase !== 'growing') return
      await woken
      woken = new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    subscription.unsubscribe()
  }
}

describe('GrowingFile', () => {
  it.each([
    ['writeHere', data],
    ['write', randomBytes(5_000_000)],
  ] as const)(
    'writes any number of chunks at once, also if the system writes only some of the bytes: %s',
    async (method, bytes) => {
      const real = Reflect.get(PooledFile.prototype, method)
      const short = vi.spyOn(PooledFile.prototype, method).mockImplementation(function (
        this: PooledFile,
        chunks,
        at,
      ) {
        const most = Buffer.concat(chunks).subarray(0, 70_001)
        return real.call(this, [most.subarray(0, 5), most.subarray(5)], at)
      })
      const file = await GrowingFile.open(path, { expected: { digest: digestOf(bytes), size: bytes.length } })
      const cut = [0, 1, 1, 70_001, 100_000, 500_000, bytes.length]
      const chunks = cut.slice(1).map((end, at) => bytes.subarray(cut[at], end))
      expect(await file.append(chunks.slice(0, 3))).toBe(70_001)
      expect(file.state.length).toBe(70_001)
      expect(await file.append(chunks.slice(3))).toBe(bytes.length - 70_001)
      expect(await file.append([])).toBe(0)
      expect(short.mock.calls.length).toBeGreaterThan(bytes.length / 70_001)
      short.mockRestore()
      file.verify()
      await file.close()
      expect((await readFile(path)).equals(bytes)).toBe(true)
    },
  )

  it('goes from growing to arrived to verified, and reports each length', async () => {
    const file = await GrowingFile.open(path, { expected })
    const seen = phases(file)
    await file.append([data.subarray(0, 1000)])
    await file.append([data.subarray(1000)])
    file.finish()
    file.verify()
    await file.sync()
    await file.close()
    expect(seen.map(({ phase, length }) => [phase, length])).toEqual([
      ['growing', 0],
      ['growing', 1000],
      ['growing', data.length],
      ['arrived', data.length],
      ['verified', data.length],
    ])
    expect((await readFile(path)).equals(data)).toBe(true)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  })

  it('continues after existing bytes and verifies them with the rest (S2-74)', async () => {
    await writeFile(path, data.subarray(0, 1_700_000))
    const file = await GrowingFile.open(path, { expected })
    expect(file.state.length).toBe(1_700_000)
    await file.append([data.subarray(1_700_000)])
    file.verify()
    await file.close()

    await writeFile(path, Buffer.alloc(1_700_000, 1))
    const wrong = await GrowingFile.open(path, { expected })
    await wrong.append([data.subarray(1_700_000)])
    expect(() => wrong.verify()).toThrow(/filesystem layer verification failed/)
    await wrong.truncate()
    expect(wrong.state).toMatchObject({ length: 0, generation: 1, phase: 'growing' })
    await wrong.append([data])
    wrong.verify()
    await wrong.close()
    expect((await readFile(path)).equals(data)).toBe(true)
  })

  it('empties a file that is longer than the blob (S2-71)', async () => {
    await writeFile(path, Buffer.concat([data, data]))
    const file = await GrowingFile.open(path, { expected })
    expect(file.state.length).toBe(0)
    expect((await stat(path)).size).toBe(0)
    await file.close()
  })

  it('rejects a byte too many before it is written', async () => {
    const file = await GrowingFile.open(path, { expected: { ...expected, size: 10 } })
    await file.append([data.subarray(0, 10)])
    await expect(file.append([data.subarray(10, 11)])).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect((await stat(path)).size).toBe(10)
    await file.close()
  })

  it.each([
    [2, 'writeHere'],
    [5, 'write'],
  ] as const)('tells no byte of a file of %d MiB before it is written', async (mebibytes, method) => {
    const size = mebibytes * 2 ** 20
    const file = await GrowingFile.open(path, { expected: { ...expected, size } })
    let written = (): void => undefined
    const writing = vi.spyOn(PooledFile.prototype, method).mockImplementation(
      (chunks) =>
        new Promise((resolve) => {
          written = () => resolve(chunks[0]!.length)
        }),
    )
    onTestFinished(() => writing.mockRestore())
    const appending = file.append([Buffer.alloc(100)])
    await new Promise((resolve) => setImmediate(resolve))
    expect(file.state.length).toBe(0)
    written()
    await appending
    expect(file.state.length).toBe(100)
    await file.close()
  })

  it('resolves `waitFor` when the phase is reached', async () => {
    const file = await GrowingFile.open(path, { expected })
    const arrived = file.waitFor('arrived')
    const verified = file.waitFor('verified')
    await file.append([data])
    file.verify()
    expect((await arrived).length).toBe(data.length)
    expect((await verified).phase).toBe('verified')
    expect((await file.waitFor('arrived')).phase).toBe('verified')
    file.fail(new Error('too late'))
    expect(file.state.phase).toBe('verified')
    await file.close()
  })

  it('rejects `waitFor` with the error of the file, or when the file is closed before it is verified', async () => {
    const file = await GrowingFile.open(path, { expected })
    const waiting = file.waitFor('verified')
    file.finish()
    file.fail(new Error('reset'))
    await expect(waiting).rejects.toMatchObject({ name: 'WindlassError', message: 'reset' })
    await expect(file.waitFor('arrived')).rejects.toThrow('reset')
    await expect(file.append([data])).rejects.toThrow(/accepts no more bytes/)
    await file.close()
    const closed = await GrowingFile.open(path, { expected })
    const afterClose = closed.waitFor('verified')
    const done = closed.close()
    await expect(afterClose).rejects.toMatchObject({ code: 'CANCELLED' })
    await done
    await closed.close()
  })

  it('rejects `waitFor` when its signal aborts', async () => {
    const file = await GrowingFile.open(path, { expected })
    const abort = new AbortController()
    const waiting = file.waitFor('verified', abort.signal)
    abort.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(file.waitFor('verified', AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' })
    await file.close()
  })

  it('keeps an existing complete download', async () => {
    await writeFile(path, data)
    const file = await GrowingFile.open(path, { expected })
    expect(file.state.length).toBe(data.length)
    file.verify()
    await file.close()
    expect((await stat(path)).size).toBe(data.length)
  })

  it('is closed if the existing bytes cannot be read', async () => {
    await writeFile(path, data.subarray(0, 10))
    const close = vi.spyOn(PooledFile.prototype, 'close')
    const read = vi.spyOn(PooledFile.prototype, 'read').mockRejectedValue(new Error('EIO'))
    await expect(GrowingFile.open(path, { expected })).rejects.toThrow(/Reading a partial download/)
    expect(close).toHaveBeenCalledTimes(1)
    for (const spy of [close, read]) spy.mockRestore()
  })

  it('accepts no bytes after its end, and keeps the first failure', async () => {
    const file = await GrowingFile.open(path, { expected })
    await file.append([data.subarray(0, 10)])
    file.finish()
    await expect(file.append([data.subarray(10)])).rejects.toThrow('is arrived and accepts no more bytes')
    file.fail(new Error('first'))
    file.fail(new Error('second'))
    expect(file.state.error).toMatchObject({ message: 'first' })
    await file.close()
    expect((await stat(path)).size).toBe(10)
  })

  it('stays failed or verified when its end is reported later', async () => {
    const failed = await GrowingFile.open(path, { expected })
    failed.fail(new Error('cut'))
    failed.finish()
    expect(failed.state.phase).toBe('failed')
    await failed.close()
    await writeFile(path, data)
    const verified = await GrowingFile.open(path, { expected })
    verified.verify()
    const seen = phases(verified)
    verified.finish()
    verified.verify()
    expect(seen.map(({ phase }) => phase)).toEqual(['verified'])
    await verified.close()
  })

  it('reports that it starts again while its bytes are still there', async () => {
    await writeFile(path, data)
    const file = await GrowingFile.open(path, { expected })
    const sizes: number[] = []
    file.states.subscribe(({ generation }) => {
      if (generation === 1) sizes.push(statSync(path).size)
    })
    await file.truncate()
    expect(sizes).toEqual([data.length])
    expect(statSync(path).size).toBe(0)
    await file.close()
    expect(sizes).toEqual([data.length, 0])
  })

  it('names the kind of its content in errors, also after it has started again', async () => {
    const file = await GrowingFile.open(path, { expected, what: 'image config' })
    for (let time = 0; time < 2; time++) {
      expect(() => file.verify()).toThrow(/^image config verification failed/)
      await file.truncate()
    }
    await file.close()
  })

  it('has no subscribers after the last `waitFor`', async () => {
    const file = await GrowingFile.open(path, { expected })
    const { source } = file.states as unknown as { readonly source: { readonly observed: boolean } }
    const abort = new AbortController()
    const [arrived, verified] = [file.waitFor('arrived'), file.waitFor('verified', abort.signal)]
    expect(source.observed).toBe(true)
    file.finish()
    await arrived
    abort.abort()
    await expect(verified).rejects.toMatchObject({ code: 'CANCELLED' })
    await file.waitFor('arrived')
    await new Promise(setImmediate)
    expect(source.observed).toBe(false)
    await file.close()
  })

  it('leaves no listener on the signal, however `waitFor` ends', async () => {
    const file = await GrowingFile.open(path, { expected })
    const { signal } = new AbortController()
    const [arrived, verified] = [file.waitFor('arrived', signal), file.waitFor('verified', signal)]
    file.finish()
    await arrived
    file.fail(new Error('reset'))
    await expect(verified).rejects.toThrow('reset')
    await expect(file.waitFor('arrived', signal)).rejects.toThrow('reset')
    await new Promise(setImmediate)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await file.close()
  })

  it('does not follow a link, and names the path if it cannot write', async () => {
    await symlink('/etc/passwd', path)
    await expect(GrowingFile.open(path, { expected })).rejects.toMatchObject({
      code: 'STORE_IO',
      subject: { path },
    })
    await expect(GrowingFile.open(join(root, 'no/such'), { expected })).rejects.toThrow(
      /Opening a download failed/,
    )
  })
})

describe('followFile', () => {
  it('reads all bytes while they are written', async () => {
    const file = await GrowingFile.open(path, { expected })
    const read = buffer(followFile(path, lengths(file)))
    for (let at = 0; at < data.length; at += 100_000) await file.append([data.subarray(at, at + 100_000)])
    file.verify()
    expect((await read).equals(data)).toBe(true)
    await file.close()
  })

  it('never reads beyond the reported length', async () => {
    await writeFile(path, data)
    async function* one(): AsyncGenerator<Growth> {
      yield { length: 1000, final: true }
    }
    expect(await buffer(followFile(path, one()))).toHaveLength(1000)
  })

  it('fails with the error of the growth, without a final length, or if the file is shorter', async () => {
    const file = await GrowingFile.open(path, { expected })
    const read = buffer(followFile(path, lengths(file)))
    await file.append([data.subarray(0, 10)])
    file.fail(new Error('reset'))
    await expect(read).rejects.toThrow('reset')
    await file.close()
    async function* tell(...all: Growth[]): AsyncGenerator<Growth> {
      yield* all
    }
    await expect(buffer(followFile(path, tell({ length: 5, final: false })))).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    await expect(buffer(followFile(path, tell({ length: 99, final: true })))).rejects.toMatchObject({
      code: 'STORE_IO',
    })
    await expect(buffer(followFile(join(root, 'none'), tell()))).rejects.toMatchObject({ code: 'STORE_IO' })
  })

  it('does not follow a link', async () => {
    await symlink('/etc/passwd', path)
    async function* one(): AsyncGenerator<Growth> {
      yield { length: 10, final: true }
    }
    await expect(buffer(followFile(path, one()))).rejects.toMatchObject({ code: 'STORE_IO' })
  })

  it('ends the growth when the stream is destroyed', async () => {
    await writeFile(path, data)
    const onReturn = vi.fn(() => Promise.resolve({ done: true, value: undefined } as const))
    const next = (): Promise<IteratorResult<Growth>> => new Promise(() => undefined)
    const stream = followFile(path, { [Symbol.asyncIterator]: () => ({ next, return: onReturn }) })
    await new Promise((resolve) => setTimeout(resolve, 5))
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy()
    await closed
    expect(onReturn).toHaveBeenCalledTimes(1)
  })

  it('can be destroyed while it waits, reads, or opens; its descriptor is closed', async () => {
    await appendFile(path, data)
    const never: AsyncIterable<Growth> = {
      [Symbol.asyncIterator]: () => {
        let first = true
        return {
          next: () => {
            if (!first) return new Promise<IteratorResult<Growth>>(() => undefined)
            first = false
            return Promise.resolve({ done: false, value: { length: data.length, final: false } })
          },
        }
      },
    }
    for (let i = 0; i < 20; i++) {
      const stream = followFile(path, never)
      stream.resume()
      await new Promise((resolve) => setTimeout(resolve, i % 5))
      const closed = new Promise((resolve) => stream.once('close', resolve))
      stream.destroy()
      await closed
    }
  })
})
