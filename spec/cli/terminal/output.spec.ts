import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Output } from '../../../cli/terminal/output.js'

/** A stream that fails each write with `code`, where there is one. */
function stream({ isTTY = false, code }: { isTTY?: boolean; code?: string } = {}) {
  const written: string[] = []
  const target = new Writable({
    autoDestroy: false,
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done(code === undefined ? null : Object.assign(new Error(code), { code }))
    },
  })
  return { written, output: new Output(Object.assign(target, { isTTY })) }
}

const steering = '\u001b[2J\u202e'

describe('the result of a command', () => {
  it.each(['EPIPE', 'ERR_STREAM_DESTROYED'])('is quiet when its reader has left (%s)', async (code) => {
    const { output } = stream({ code })
    expect(await output.line('a')).toBe(false)
  })

  it('is not written any more once its reader has left', async () => {
    const { written, output } = stream({ code: 'EPIPE' })
    await output.line('a')
    expect(await output.line('b')).toBe(false)
    expect(written).toEqual(['a\n'])
  })

  it('fails where it cannot be written, and EIO means that no reader is there on a terminal alone', async () => {
    await expect(stream({ code: 'ENOSPC' }).output.line('a')).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(stream({ code: 'EIO' }).output.line('a')).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await stream({ code: 'EIO', isTTY: true }).output.line('a')).toBe(false)
  })

  it('steers no terminal, and goes as it is to anything else', async () => {
    const value = { text: steering }
    for (const isTTY of [true, false]) {
      const { written, output } = stream({ isTTY })
      await output.json(value)
      await output.document(Buffer.from(JSON.stringify(steering)))
      const [json = '', document = ''] = written
      expect(JSON.parse(json)).toEqual(value)
      expect([json, document].some((text) => text.includes('\u202e'))).toBe(!isTTY)
    }
  })
})
