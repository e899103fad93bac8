import { renameSync, writeFileSync } from 'node:fs'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { editFile } from '../../../../../lib/registry/credentials/save/replace-file.js'
import { openPaths } from '../../../../support/open-paths.js'

describe('editFile', () => {
  let directory = ''
  const at = (name: string): string => join(directory, name)
  const read = (name: string): Promise<string> => readFile(at(name), 'utf8')
  const append = (text: string) => (before: string) => before + text
  beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'windlass-'))))
  afterAll(() => rm(directory, { recursive: true }))

  it('creates the file and its directories for this user only', async () => {
    expect(await editFile(at('a/b/config.json'), append('x'))).toBe(true)
    expect(await read('a/b/config.json')).toBe('x')
    expect((await stat(at('a/b/config.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(at('a/b'))).mode & 0o777).toBe(0o700)
    expect(await readdir(at('a/b'))).toEqual(['config.json'])
  })

  it('gives a file that others could read mode 0600, and leaves one that is not changed alone', async () => {
    await writeFile(at('open'), 'x')
    await chmod(at('open'), 0o644)
    expect(await editFile(at('open'), () => undefined)).toBe(false)
    expect(await editFile(at('open'), (text) => text)).toBe(false)
    expect((await stat(at('open'))).mode & 0o777).toBe(0o644)
    await editFile(at('open'), append('y'))
    expect((await stat(at('open'))).mode & 0o777).toBe(0o600)
  })

  it('leaves no file open, neither its own nor the lock', async () => {
    await writeFile(at('closed'), 'x')
    await editFile(at('closed'), append('y'))
    const open = new Set(openPaths())
    await editFile(at('closed'), append('z'))
    expect(openPaths().filter((path) => !open.has(path) && path.startsWith(directory))).toEqual([])
    expect([...open].filter((path) => path.startsWith(directory))).toEqual([])
  })

  it('follows symbolic links, also to a file that does not exist yet', async () => {
    await mkdir(at('home'))
    await mkdir(at('real'))
    await writeFile(at('real/config.json'), 'x')
    await symlink('../real/config.json', at('home/config.json'))
    await symlink('../real/new.json', at('home/new.json'))
    for (const name of ['config.json', 'new.json']) {
      await editFile(at(`home/${name}`), append('y'))
      expect((await lstat(at(`home/${name}`))).isSymbolicLink()).toBe(true)
    }
    expect([await read('real/config.json'), await read('real/new.json')]).toEqual(['xy', 'y'])
  })

  it('loses no entry of concurrent writers', async () => {
    const letters = 'a b c d e f g h i j k l m n o p'.split(' ')
    await Promise.all(letters.map((letter) => editFile(at('shared'), append(`${letter} `))))
    expect((await read('shared')).split(' ').sort()).toEqual(['', ...letters])
  })

  it('edits again if a program without the lock has written meanwhile', async () => {
    await writeFile(at('raced'), 'x')
    let writes = 0
    const edited = await editFile(at('raced'), (text) => {
      if (writes++ === 0) execWrite(at('raced'), 'foreign')
      return `${text}+`
    })
    expect([edited, writes, await read('raced')]).toEqual([true, 2, 'foreign+'])
  })

  it('is cancelled, and changes nothing, while it waits to write', async () => {
    await writeFile(at('waits'), 'before')
    const edited = editFile(at('waits'), append(' and after'), AbortSignal.abort())
    await expect(edited).rejects.toMatchObject({ code: 'CANCELLED', cause: { name: 'AbortError' } })
    expect(await read('waits')).toBe('before')
  })

  it('refuses a device and a directory, and leaves nothing behind', async () => {
    await mkdir(at('directory'))
    for (const path of ['/dev/null', at('directory')])
      await expect(editFile(path, append('x'))).rejects.toMatchObject({
        ...{ code: 'USAGE', message: expect.stringContaining(path) },
      })
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
    await editFile(at('failing'), append('x'))
    await expect(
      editFile(at('failing'), () => {
        throw new Error('no')
      }),
    ).rejects.toMatchObject({ code: 'USAGE' })
    expect((await readdir(directory)).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it.runIf(process.getuid?.() === 0)('keeps the owner of the file', async () => {
    await writeFile(at('owned'), 'x')
    await chown(at('owned'), 1234, 1234)
    await editFile(at('owned'), append('y'))
    expect(await stat(at('owned'))).toMatchObject({ uid: 1234, gid: 1234 })
  })
})

/** Writes at once, as another program that replaces the file. */
function execWrite(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
