import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { maxListBytes, namesIn, readNames } from '../../../cli/setup/names-file.js'

const directory = mkdtempSync(path.join(tmpdir(), 'windlass-names-'))
afterAll(() => rmSync(directory, { recursive: true }))

const piped = (text: string): Readable => Readable.from([Buffer.from(text)])

function file(name: string, text: string): string {
  const at = path.join(directory, name)
  writeFileSync(at, text)
  return at
}

describe('a list of names', () => {
  it.each([
    ['a\nb\n', ['a', 'b']],
    ['a\r\nb\rc', ['a', 'b', 'c']],
    ['\uFEFFa\n\n \t\n  b  ', ['a', 'b']],
    ['\uFEFF# all\na\uFEFF', ['a']],
    ['# all\na # the first\n\t#b\nc', ['a', 'c']],
    ['oci:dir#1:name', ['oci:dir#1:name']],
    ['a@sha256:00\na@sha256:00', ['a@sha256:00', 'a@sha256:00']],
    ['', []],
  ])('%j has the names %j', (text, names) => {
    expect(namesIn(text)).toEqual(names)
  })

  it('is read from several files and from stdin, in order', async () => {
    const [one, two] = [file('one', 'a\n'), file('two', 'c\nd\n')]
    expect(await readNames([one, '-', two], piped('b\n'))).toEqual(['a', 'b', 'c', 'd'])
  })

  it('may be behind a link', async () => {
    const link = path.join(directory, 'link')
    symlinkSync(file('target', 'a\n'), link)
    expect(await readNames([link], piped(''))).toEqual(['a'])
  })

  it('has at most 1 MiB', async () => {
    const large = 'a'.repeat(maxListBytes)
    expect(await readNames([file('large', large)], piped(''))).toEqual([large])
    expect(await readNames(['-'], piped(large))).toEqual([large])
    await expect(readNames([file('larger', `${large}a`)], piped(''))).rejects.toMatchObject({ code: 'USAGE' })
    await expect(readNames(['-'], piped(`${large}a`))).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Failed to read the list of images: stdin has more than 1 MiB',
    })
  })

  it('is not read from a terminal', async () => {
    const terminal = Object.assign(piped('a'), { isTTY: true })
    await expect(readNames(['-'], terminal)).rejects.toThrow('stdin is a terminal')
  })

  it('is not read further when the command is cancelled', async () => {
    const controller = new AbortController()
    const reading = readNames(['-'], new Readable({ read: () => undefined }), controller.signal)
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
