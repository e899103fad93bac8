import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findClosedToOwner, findForeignEntry } from '../../../lib/system/closed-to-owner.js'

/** Id of a user and of a group that own no other file of this test. */
const user = 1234

describe.runIf(process.getuid?.() === 0)('a path that is closed to a user', () => {
  let top: string
  const at = (name: string): string => join(top, name)
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'windlass-closed-'))
    onTestFinished(() => rmSync(top, { recursive: true, force: true }))
    mkdirSync(at('a/b'), { recursive: true })
    writeFileSync(at('a/b/file'), '')
    for (const name of ['', 'a', 'a/b', 'a/b/file']) chownSync(at(name), user, user)
  })
  const give = (name: string, uid: number, mode: number): void => {
    chownSync(at(name), uid, uid)
    chmodSync(at(name), mode)
  }

  it('by its own mode, is the nearest entry of that user that is closed', () => {
    expect(findClosedToOwner(at('a/b/file'), user)).toBeUndefined()
    chmodSync(at('a'), 0o500)
    expect(findClosedToOwner(at('a/b/none'), user)).toBe(at('a'))
    chmodSync(at('a/b/file'), 0o200)
    expect(findClosedToOwner(at('a/b/file'), user)).toBe(at('a/b/file'))
    expect(findForeignEntry(at('a/b/file'), user)).toBeUndefined()
  })

  it.each([
    ['a/b/file', 0o600, 'a/b/file'],
    ['a/b', 0o755, 'a/b/file'],
    ['a/b', 0o755, 'a/b/none'],
    ['a', 0o700, 'a/b/file'],
  ])('by an entry of another user, is %s with mode %o, for %s', (name, mode, path) => {
    give(name, 0, mode)
    expect(findForeignEntry(at(path), user)).toEqual({ path: at(name), uid: 0 })
    expect(findClosedToOwner(at(path), user)).toBeUndefined()
  })

  it('by several entries of another user, is the outermost, which holds the others', () => {
    give('a', 0, 0o755)
    give('a/b', 0, 0o755)
    expect(findForeignEntry(at('a/b/none'), user)).toEqual({ path: at('a'), uid: 0 })
  })

  it('is not by what another user leaves open to all, nor outside of what is the user’s', () => {
    give('a/b/file', 0, 0o644)
    expect(findForeignEntry(at('a/b/file'), user)).toBeUndefined()
    symlinkSync('nothing', at('a/b/link'))
    expect(findForeignEntry(at('a/b/link'), user)).toBeUndefined()
    give('', 0, 0o700)
    expect(findForeignEntry(at('a/b/file'), user)).toBeUndefined()
    give('a/b/file', 0, 0o600)
    give('a/b', 0, 0o700)
    give('a', 0, 0o700)
    expect(findForeignEntry(at('a/b/file'), user)).toBeUndefined()
  })
})
