import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readPassword } from '../../../cli/setup/read-password.js'

const piped = (...parts: string[]): Readable => Readable.from(parts.map((part) => Buffer.from(part)))
const most = 64 * 1024

describe('a password from stdin', () => {
  it.each([
    [['sesame'], 'sesame'],
    [['ses', 'ame\n'], 'sesame'],
    [['sesame\r\n'], 'sesame'],
    [['sesame\n\n'], 'sesame\n'],
    [[' sesame '], ' sesame '],
  ])('%j is read without its last line break: %j', async (parts, password) => {
    expect(await readPassword(piped(...parts))).toBe(password)
  })

  it.each([[[]], [['']], [['\n']], [['\r\n']]])('%j is refused as empty', async (parts) => {
    await expect(readPassword(piped(...parts))).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Failed to read the password: stdin is empty',
    })
  })

  it('has at most 64 KiB', async () => {
    expect(await readPassword(piped('a'.repeat(most)))).toHaveLength(most)
    await expect(readPassword(piped('a'.repeat(most), 'a'))).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('is not read from a terminal, which would show it', async () => {
    const terminal = Object.assign(piped('sesame'), { isTTY: true })
    await expect(readPassword(terminal)).rejects.toThrow('stdin is a terminal')
  })

  it('is not read further when the command is cancelled', async () => {
    const controller = new AbortController()
    const reading = readPassword(new Readable({ read: () => undefined }), controller.signal)
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
