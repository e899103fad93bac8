import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { decompressor } from '../../../../lib/bytes/compression/decompress.js'
import {
  releaseLargeWindowOf,
  LargeWindow,
  largeWindows,
} from '../../../../lib/bytes/compression/large-window.js'
import { openUnzstd } from '../../../../lib/system/index.js'

const wanting = (bytes: number): LargeWindow => {
  const window = new LargeWindow()
  window.recordWindow(bytes)
  return window
}
const never = (): boolean => false
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60))

/** Whether the promise is fulfilled within 60 ms. */
const soon = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), pause().then(() => false)])

describe('windows of more than 32 MiB', () => {
  it("are one decoder's at a time; smaller ones wait for nobody", async () => {
    const [first, second, small] = [wanting(2 ** 27), wanting(2 ** 26), wanting(2 ** 25)]
    await first.acquire(never)
    await small.acquire(never)
    const waiting = second.acquire(never)
    expect(await soon(waiting)).toBe(false)
    await first.acquire(never)
    first.release()
    await waiting
    second.release()
    second.release()
    expect(new Int32Array(largeWindows())[0]).toBe(0)
  })

  it('are not waited for after the decoder is destroyed', async () => {
    const first = wanting(2 ** 27)
    await first.acquire(never)
    let over = false
    const second = wanting(2 ** 27)
    const waiting = second.acquire(() => over)
    expect(await soon(waiting)).toBe(false)
    over = true
    await waiting
    second.release()
    expect(new Int32Array(largeWindows())[0]).not.toBe(0)
    first.release()
  })

  it('are released when the thread ends in any way', async () => {
    const code = `const { workerData } = require('node:worker_threads')
      new Int32Array(workerData)[0] = require('node:worker_threads').threadId + 1
      process.exit(1)`
    const worker = new Worker(code, { eval: true, workerData: largeWindows() })
    const id = worker.threadId
    await new Promise((resolve) => worker.once('exit', resolve))
    const window = wanting(2 ** 27)
    const waiting = window.acquire(never)
    expect(await soon(waiting)).toBe(false)
    releaseLargeWindowOf(id + 1)
    expect(await soon(waiting)).toBe(false)
    releaseLargeWindowOf(id)
    await waiting
    window.release()
  })

  const here = openUnzstd()
  here?.close()
  it.skipIf(here === undefined)('are released when the stream ends or is destroyed', async () => {
    const frame = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3]),
      Buffer.from([9, 0, 0, 120]),
    ])
    for (const end of ['end', 'destroy'] as const) {
      const stream = decompressor('zstd')
      stream.resume()
      stream.write(frame)
      await pause()
      expect(new Int32Array(largeWindows())[0]).not.toBe(0)
      const closed = new Promise((resolve) => stream.once('close', resolve))
      stream[end]()
      await closed
      expect(new Int32Array(largeWindows())[0]).toBe(0)
    }
  })
})
