import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readCapped } from '../../../lib/bytes/read-capped.js'

const cap = (limit: number) => ({ limit, name: 'maxManifestBytes', what: 'the manifest of a' })
const bytes = (text: string): Readable => Readable.from(Buffer.from(text), { objectMode: false })

describe('readCapped', () => {
  it('reads a stream as long as the limit', async () => {
    expect((await readCapped(bytes('hello'), cap(5))).toString()).toBe('hello')
    expect(await readCapped(Readable.from([], { objectMode: false }), cap(0))).toHaveLength(0)
    await expect(readCapped(bytes('hello!'), cap(5))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('rejects an endless body at the first byte beyond the limit, and names the limit', async () => {
    let read = 0
    const endless = new Readable({
      read() {
        read += 1000
        this.push(Buffer.alloc(1000))
      },
    })
    await expect(readCapped(endless, cap(10_000))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching(
        /^Failed to read the manifest of a: it is longer than the limit maxManifestBytes \(10,000 bytes\)$/,
      ) as string,
    })
    expect(endless.destroyed).toBe(true)
    expect(read).toBeLessThan(200_000)
  })

  it('fails with the error of the stream', async () => {
    const failing = new Readable({ read: () => undefined })
    const work = readCapped(failing, cap(1))
    failing.destroy(new Error('reset'))
    await expect(work).rejects.toThrow('reset')
  })

  it('says how to raise the limit, if that is known', async () => {
    const hint = 'Raise it with --max-manifest.'
    await expect(readCapped(bytes('hello!'), { ...cap(5), hint })).rejects.toMatchObject({ hint })
    await expect(readCapped(bytes('hello!'), cap(5))).rejects.toMatchObject({ hint: undefined })
  })
})
