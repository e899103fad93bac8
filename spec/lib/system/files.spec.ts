import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import * as files from '../../../lib/system/files.js'
import { openPaths } from '../../support/open-paths.js'

let top: string
const at = (name: string): string => join(top, name)

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-files-'))
  onTestFinished(() => rmSync(top, { recursive: true, force: true }))
})

describe('files', () => {
  it('has done its work when the promise resolves', async () => {
    await files.mkdir(at('d'), 0o700)
    await files.appendFile(at('d/f'), 'one ', 0o600)
    await files.appendFile(at('d/f'), 'two', 0o600)
    await files.truncate(at('d/f'), 5)
    await files.chmod(at('d/f'), 0o640)
    await files.rename(at('d/f'), at('g'))
    expect(readFileSync(at('g'), 'utf8')).toBe('one t')
    expect((await files.lstat(at('g'))).mode & 0o777).toBe(0o640)
    await files.unlink(at('g'))
    expect(await files.lstatIfExists(at('g'))).toBeUndefined()
  })

  it('rejects with the errors of the file system, and never throws', async () => {
    const failures = {
      lstat: files.lstat(at('absent')),
      mkdir: files.mkdir(at('absent/d'), 0o700),
      rename: files.rename(at('absent'), at('other')),
      unlink: files.unlink(at('absent')),
      chmod: files.chmod(at('absent'), 0o600),
      truncate: files.truncate(at('absent'), 0),
      open: files.open(at('absent'), 'r'),
    }
    for (const [syscall, failed] of Object.entries(failures))
      await expect(failed).rejects.toMatchObject({
        code: 'ENOENT',
        ...(syscall === 'truncate' ? {} : { syscall }),
      })
  })

  it('creates a directory with its parents, of which some or all may exist', async () => {
    expect(await files.missingDirectories(at('a/b'))).toEqual([at('a'), at('a/b')])
    await files.makeDirectories(at('a/b'), 0o700)
    await files.makeDirectories(at('a/b/c'), 0o700)
    await files.makeDirectories(at('a/b'), 0o700)
    expect(statSync(at('a/b/c')).mode & 0o777).toBe(0o700)
    expect(await files.missingDirectories(at('a/b'))).toEqual([at('a/b')])
  })

  it('creates no directory below a file or a dangling link', async () => {
    writeFileSync(at('file'), '')
    symlinkSync(at('nothing'), at('link'))
    await expect(files.makeDirectories(at('file/a/b'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(files.makeDirectories(at('link/a/b'), 0o700)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(files.makeDirectories(at('link'), 0o700)).rejects.toMatchObject({ code: 'EEXIST' })
  })

  it('distinguishes a missing path from one without access', async () => {
    writeFileSync(at('f'), '')
    symlinkSync('loop', at('loop'))
    for (const path of ['absent', 'absent/below', 'f/below']) {
      expect(await files.lstatIfExists(at(path)), path).toBeUndefined()
      expect(await files.statIfExists(at(path)), path).toBeUndefined()
    }
    expect((await files.lstatIfExists(at('loop')))?.isSymbolicLink()).toBe(true)
    await expect(files.statIfExists(at('loop'))).rejects.toMatchObject({ code: 'ELOOP' })
    await expect(files.lstatIfExists(at('n'.repeat(300)))).rejects.toMatchObject({ code: 'ENAMETOOLONG' })
  })

  it('writes, rewrites, reads, syncs and closes a small file', async () => {
    const file = await files.open(at('f'), 'wx+', 0o600)
    await file.write('first, ')
    await file.write(Buffer.from('second'))
    await file.sync()
    await file.datasync()
    expect((await file.stat()).size).toBe(13)
    await file.rewrite('long line')
    await file.rewrite('short')
    expect(readFileSync(at('f'), 'utf8')).toBe('short')
    await file.chmod(0o400)
    expect(statSync(at('f')).mode & 0o777).toBe(0o400)
    await file.close()
    await file.close()
    const again = await files.open(at('f'), 'r')
    expect(await again.readText()).toBe('short')
    await again.close()
    await expect(again.stat()).rejects.toThrow('fd')
    await expect(again.sync()).rejects.toThrow('fd')
  })

  it('writes a few bytes of a large file in this thread', async () => {
    const file = await files.openLarge(at('few'), 'wx+', 0o600)
    const writing = file.writeHere([Buffer.from('ab'), Buffer.from('c')], 1)
    expect(readFileSync(at('few'), 'latin1')).toBe('\0abc')
    expect(await writing).toBe(3)
    await file.close()
  })

  it('writes and reads the bytes of a large file in the pool, and closes when that is over', async () => {
    const file = await files.openLarge(at('f'), 'wx+', 0o600)
    const writing = file.write([Buffer.alloc(1_000_000, 'a'), Buffer.from('b')], 2)
    const syncing = file.datasync()
    const closing = file.close()
    await expect(file.write([Buffer.from('late')], 0)).rejects.toThrow('fd')
    expect(await writing).toBe(1_000_001)
    await Promise.all([syncing, closing])
    const again = await files.openLarge(at('f'), 'r')
    const buffer = Buffer.alloc(4)
    expect([await again.read(buffer, 999_999), buffer.toString()]).toEqual([4, 'aaab'])
    expect(await again.read(buffer, 1_000_003)).toBe(0)
    expect(await again.read(buffer, 1_000_002)).toBe(1)
    await again.close()
    expect(statSync(at('f')).size).toBe(1_000_003)
  })

  it('overwrites a file in place, and cuts what is left of a longer one', async () => {
    writeFileSync(at('f'), 'what was there before')
    const before = statSync(at('f')).ino
    const file = await files.open(at('f'), 'r+')
    await file.overwrite(Buffer.from('short'))
    expect(readFileSync(at('f'), 'utf8')).toBe('short')
    await file.overwrite(Buffer.from('longer than that'))
    expect(readFileSync(at('f'), 'utf8')).toBe('longer than that')
    await file.close()
    expect(statSync(at('f')).ino).toBe(before)
    expect(file.fd).toBe(-1)
  })

  it('appends to a file, which it creates with a mode and closes', async () => {
    await files.appendFile(at('log'), 'one ', 0o600)
    await files.appendFile(at('log'), 'two', 0o644)
    expect(readFileSync(at('log'), 'utf8')).toBe('one two')
    expect(statSync(at('log')).mode & 0o777).toBe(0o600)
    expect(openPaths()).not.toContain(at('log'))
  })

  it('sets the times of a link, not of what it leads to', async () => {
    writeFileSync(at('target'), '')
    utimesSync(at('target'), 5, 5)
    symlinkSync('target', at('link'))
    await files.setTimes(at('link'), 7_000)
    expect((await files.lstat(at('link'))).mtimeMs).toBe(7_000)
    expect(statSync(at('target')).mtimeMs).toBe(5_000)
  })

  it.runIf(process.geteuid?.() === 0)(
    'gives what it creates in a directory the owner registered for it',
    async () => {
      const owner = { uid: 7, gid: 8 }
      const mine = at('mine')
      files.setOwnerOfNewFiles(mine, owner)
      files.setOwnerOfNewFiles(mine, { uid: 9, gid: 9 })
      const ownerOf = async (path: string) => {
        const { uid, gid } = await files.lstat(path)
        return { uid, gid }
      }
      await files.makeDirectories(join(mine, 'sub'), 0o700)
      await (await files.open(join(mine, 'file'), 'w', 0o600)).close()
      await (await files.openLarge(join(mine, 'sub', 'large'), 'w', 0o600)).close()
      await files.appendFile(join(mine, 'log'), 'x', 0o600)
      for (const path of ['.', 'sub', 'file', 'sub/large', 'log'])
        expect(await ownerOf(join(mine, path)), path).toEqual(owner)
      // Neither what was there before nor what is elsewhere.
      writeFileSync(join(mine, 'before'), '')
      await (await files.open(join(mine, 'before'), 'r+')).close()
      await files.mkdir(`${mine}2`, 0o700)
      await (await files.open(join(`${mine}2`, 'file'), 'w', 0o600)).close()
      for (const path of [join(mine, 'before'), `${mine}2`, join(`${mine}2`, 'file')])
        expect(await ownerOf(path), path).toEqual({ uid: 0, gid: process.getegid?.() })
    },
  )
})
