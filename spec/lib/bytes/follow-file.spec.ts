/** Following a file: what is read ahead, and how it ends. What it reads while a download is written is in growing-file.spec. */
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { followFile, type Growth } from '../../../lib/bytes/follow-file.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const MiB = 2 ** 20
/** Yields `growths`, each in a turn of its own. */
async function* growing(growths: readonly Growth[]): AsyncGenerator<Growth> {
  for (const growth of growths) {
    await setImmediate()
    yield growth
  }
}
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

describe('a followed file', () => {
  const directory = temporaryDirectory()
  let count = 0
  const fileWith = (content: Buffer | string): string => {
    const path = join(directory, String(count++))
    writeFileSync(path, content)
    return path
  }

  it('is read at the pace of its reader, however often it grows', async () => {
    const path = fileWith('')
    truncateSync(path, 20 * MiB)
    const lengths = Array.from({ length: 20 }, (_, at) => ({ length: (at + 1) * MiB, final: at === 19 }))
    let allReported: () => void = () => undefined
    const reported = new Promise<void>((resolve) => (allReported = resolve))
    const growth = async function* (): AsyncGenerator<Growth> {
      // The stream is being read then, and waits.
      await turns(5)
      for (const each of lengths) {
        if (each.final) allReported()
        yield await Promise.resolve(each)
      }
    }
    const stream = followFile(path, growth())
    await new Promise((resolve) => stream.once('readable', resolve))
    await reported
    await turns(10)
    expect(stream.readableLength).toBeLessThanOrEqual(2 * MiB)
    expect((await buffer(stream)).length).toBe(20 * MiB)
  })

  it('has only the bytes that exist, and fails then, if it is shorter than reported', async () => {
    const stream = followFile(fileWith('short'), growing([{ length: 100, final: true }]))
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    const ended = new Promise((_, reject) => stream.on('error', reject))
    await expect(ended).rejects.toMatchObject({
      code: 'STORE_IO',
      message: expect.stringContaining('it is shorter than reported') as string,
    })
    expect(Buffer.concat(chunks).toString()).toBe('short')
  })

  it('that cannot be opened names its path: a link, and a file that does not exist', async () => {
    const link = join(directory, 'link')
    symlinkSync(fileWith('content'), link)
    for (const path of [link, join(directory, 'missing')])
      await expect(buffer(followFile(path, growing([])))).rejects.toMatchObject({
        code: 'STORE_IO',
        message: expect.stringMatching(/^Opening a download failed at /) as string,
        subject: { path },
      })
  })

  it('asks for no more growth after the final length', async () => {
    let asked = 0
    const growth: AsyncIterable<Growth> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: { length: 7, final: ++asked === 2 } }),
      }),
    }
    expect((await buffer(followFile(fileWith('content'), growth))).toString()).toBe('content')
    expect(asked).toBe(2)
  })

  it('does not mind if the growth fails when it is ended', async () => {
    const growth: AsyncIterable<Growth> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => Promise.reject(new Error('cannot end')),
      }),
    }
    const stream = followFile(fileWith('content'), growth)
    stream.resume()
    await turns(2)
    await new Promise((resolve) => stream.once('close', resolve).destroy())
    expect(stream.errored).toBeNull()
  })
})
