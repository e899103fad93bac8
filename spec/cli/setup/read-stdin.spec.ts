/** A text that is piped into a command. */
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readStdin } from '../../../cli/setup/read-stdin.js'

const what = { what: 'the list', maxBytes: 4, hint: 'Pipe it in.' }
const piped = (...parts: string[]): Readable => Readable.from(parts.map((part) => Buffer.from(part)))

describe('a text from stdin', () => {
  it('has at most so many bytes in all its parts', async () => {
    expect(await readStdin(piped('ab', 'cd'), what)).toBe('abcd')
    await expect(readStdin(piped('ab', 'cd', 'e'), what)).rejects.toMatchObject({
      ...{ code: 'USAGE', message: 'Failed to read the list: stdin has more than 4 bytes' },
    })
  })

  it('is joined before it is decoded', async () => {
    const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)]
    expect(await readStdin(Readable.from([first, second]), what)).toBe('ä')
  })

  it('is not read from a terminal, which shows a secret', async () => {
    const terminal = () => Object.assign(piped('a'), { isTTY: true })
    await expect(readStdin(terminal(), what)).rejects.toMatchObject({
      ...{ message: 'Failed to read the list: stdin is a terminal', hint: 'Pipe it in.' },
    })
    await expect(readStdin(terminal(), { ...what, secret: true })).rejects.toThrow(
      'Failed to read the list: stdin is a terminal, which would show it',
    )
  })

  it('that cannot be read is an error of usage', async () => {
    const broken = new Readable({ read: (): void => void broken.destroy(new Error('EIO')) })
    await expect(readStdin(broken, what)).rejects.toMatchObject({
      ...{ code: 'USAGE', message: 'Failed to read the list: Error: EIO' },
    })
  })

  it('is not waited for after an abort, whose reason is the error', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const reading = readStdin(new Readable({ read: () => undefined }), what, controller.signal)
    controller.abort(reason)
    await expect(reading).rejects.toBe(reason)
  })
})
