import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Output } from '../../../cli/terminal/output.js'

/** Returns a stream. If `code` is given, each write fails with it. */
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
  it.each(['EPIPE', 'ERR_STREAM_DESTROYED'])(
    'causes no error if the reader has closed the stream (%s)',
    async (code) => {
      const { output } = stream({ code })
      expect(await output.line('a')).toBe(false)
    },
  )

  it('is not written any more after the reader has closed the stream', async () => {
    const { written, output } = stream({ code: 'EPIPE' })
    await output.line('a')
    expect(await output.line('b')).toBe(false)
    expect(written).toEqual(['a\n'])
  })

  it('fails for other errors; EIO means a closed reader only on a terminal', async () => {
    await expect(stream({ code: 'ENOSPC' }).output.line('a')).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(stream({ code: 'EIO' }).output.line('a')).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await stream({ code: 'EIO', isTTY: true }).output.line('a')).toBe(false)
  })

  it('is escaped on a terminal and unchanged elsewhere', async () => {
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
