import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { Child } from '../../../support/store/child.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('FileLock', () => {
  const stores = new TemporaryStores()

  it('has one holder among all processes, even while its file is removed and created', async () => {
    const path = stores.fresh()
    const children = Array.from({ length: 3 }, () => new Child('take-locks', path, '700'))
    const taken = await Promise.all(children.map((child) => child.line().then(Number)))
    await Promise.all(children.map((child) => child.end()))
    expect(taken.reduce((sum, each) => sum + each)).toBeGreaterThan(20)
    expect(existsSync(path)).toBe(false)
  })

  it('contains the text of its holder, and its file stays unless it is removed', async () => {
    const path = stores.fresh()
    const lock = (await FileLock.take(path))!
    await lock.write('a long signature')
    await lock.write('short')
    expect(readFileSync(path, 'utf8')).toBe('short')
    expect(await FileLock.take(path)).toBeUndefined()
    await lock.release()
    expect(existsSync(path)).toBe(true)
    await (await FileLock.take(path))!.release({ remove: true })
    expect(existsSync(path)).toBe(false)
  })

  /** Puts another file in the place of the one at `path`. */
  function replace(path: string): void {
    writeFileSync(`${path}.new`, 'another')
    renameSync(`${path}.new`, path)
  }

  it('locks the file at its path, not one that was replaced meanwhile', async () => {
    const path = stores.fresh()
    writeFileSync(path, 'one')
    const taking = FileLock.take(path) // has opened the file by now
    replace(path)
    const lock = await taking
    expect(await FileLock.take(path)).toBeUndefined()
    await lock!.release()
  })

  it('that was paused is gone if its file was replaced, and blocks nobody', async () => {
    const path = stores.fresh()
    const lock = (await FileLock.take(path))!
    lock.pause()
    expect(await lock.retake()).toBe('taken')
    lock.pause()
    const other = (await FileLock.take(path))!
    expect(await lock.retake()).toBe('held')
    await other.release()
    renameSync(path, `${path}.old`)
    expect(await lock.retake()).toBe('gone')
    const ofTheOld = await FileLock.take(`${path}.old`)
    expect(ofTheOld).toBeDefined()
    await ofTheOld!.release()
    await lock.release()
  })

  it('is renamed to another file after a sync of its bytes, and then syncs the directory', async () => {
    const path = stores.fresh()
    const lock = (await FileLock.take(path))!
    const calls = diskCalls(stores.directory)
    await lock.writeAndRename(`${path}-list`, 'text')
    await lock.release()
    const name = path.slice(stores.directory.length + 1)
    expect(calls).toEqual([`sync ${name}`, `rename ${name} ${name}-list`, 'sync .'])
    expect(readFileSync(`${path}-list`, 'utf8')).toBe('text')
  })

  it('needs its directory', async () => {
    await expect(FileLock.take(`${stores.fresh()}/lock`)).rejects.toThrow('ENOENT')
  })

  it('is not created if that is not wanted', async () => {
    const path = stores.fresh()
    await expect(FileLock.take(path, { create: false })).rejects.toThrow('ENOENT')
    expect(existsSync(path)).toBe(false)
    await (await FileLock.take(path))!.release()
    const lock = await FileLock.take(path, { create: false })
    expect(lock).toBeDefined()
    await lock!.release()
  })
})
