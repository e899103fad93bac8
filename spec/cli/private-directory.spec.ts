import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isPrivateDirectory, makePrivateDirectory } from '../../cli/private-directory.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

const asRoot = process.geteuid?.() === 0

describe('a private directory', () => {
  const root = temporaryDirectory()
  let made = 0
  const make = (mode = 0o700): string => {
    const path = join(root, String(++made))
    mkdirSync(path)
    chmodSync(path, mode)
    return path
  }

  it.each([
    [0o700, true],
    [0o755, true],
    [0o720, false],
    [0o702, false],
    [0o1777, false],
  ])('with the mode %o can be changed only by its owner: %s', (mode, expected) => {
    expect(isPrivateDirectory(make(mode))).toBe(expected)
  })

  it.each([
    [0o755, true],
    [0o1777, true],
    [0o777, false],
    [0o770, false],
  ])('below one with the mode %o cannot be replaced by others: %s', (mode, expected) => {
    const above = make()
    mkdirSync(join(above, 'below'), { mode: 0o700 })
    chmodSync(above, mode)
    expect(isPrivateDirectory(join(above, 'below'))).toBe(expected)
  })

  it('is no link, no file and no relative path', () => {
    const directory = make()
    symlinkSync(directory, join(root, 'link'))
    writeFileSync(join(root, 'file'), '', { mode: 0o600 })
    expect(isPrivateDirectory(join(root, 'link'))).toBe(false)
    expect(isPrivateDirectory(join(root, 'file'))).toBe(false)
    expect(isPrivateDirectory('.')).toBe(false)
    expect(makePrivateDirectory('relative')).toBe(false)
  })

  it('may be behind links, if nobody else can change what they lead through', () => {
    const [safe, open] = [make(), make(0o777)]
    for (const each of [safe, open]) mkdirSync(join(each, 'd'), { mode: 0o700 })
    symlinkSync(safe, join(root, 'absolute'))
    symlinkSync(
      `../${String(root.split('/').at(-1))}/${String(safe.split('/').at(-1))}`,
      join(root, 'relative'),
    )
    symlinkSync(open, join(root, 'through-open'))
    symlinkSync('loop', join(root, 'loop'))
    expect(isPrivateDirectory(join(root, 'absolute', 'd'))).toBe(true)
    expect(isPrivateDirectory(join(root, 'relative', 'd'))).toBe(true)
    expect(isPrivateDirectory(join(root, 'through-open', 'd'))).toBe(false)
    expect(makePrivateDirectory(join(root, 'through-open', 'new'))).toBe(false)
    expect(existsSync(join(open, 'new'))).toBe(false)
  })

  it.runIf(asRoot)('belongs to this user, as everything above it does', () => {
    const [own, other] = [make(), make()]
    mkdirSync(join(other, 'd'), { mode: 0o700 })
    chownSync(other, 1234, 1234)
    chownSync(own, 1234, 1234)
    expect(isPrivateDirectory(own)).toBe(false)
    expect(isPrivateDirectory(join(other, 'd'))).toBe(false)
  })

  it('is made with what is missing above it', () => {
    const path = join(make(), 'a', 'b')
    expect(makePrivateDirectory(path)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    expect(makePrivateDirectory(path)).toBe(true)
  })

  it('is not what is there already if others can write to it, or if it is a link', () => {
    expect(makePrivateDirectory(make(0o1777))).toBe(false)
    const link = join(root, 'made-link')
    symlinkSync(make(), link)
    expect(makePrivateDirectory(link)).toBe(false)
  })

  it('that cannot be made is an error', () => {
    expect(() => makePrivateDirectory('/proc/none/below')).toThrow('ENOENT')
  })
})
