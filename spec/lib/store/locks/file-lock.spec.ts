import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { Child } from '../../../support/store/child.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

describe('FileLock', () => {
  const stores = new TemporaryStores()

  it('has one holder of all processes, also while its file comes and goes', async () => {
    const path = stores.fresh()
    const children = Array.from({ length: 3 }, () => new Child('take-locks', path, '700'))
    const taken = await Promise.all(children.map((child) => child.line().then(Number)))
    await Promise.all(children.map((child) => child.end()))
    expect(taken.reduce((sum, each) => sum + each)).toBeGreaterThan(20)
    expect(existsSync(path)).toBe(false)
  })

  it('is signed by its holder, and stays unless it is removed', async () => {
    const path = stores.fresh()
    const lock = (await FileLock.take(path))!
    await lock.sign('a long signature')
    await lock.sign('short')
    expect(readFileSync(path, 'utf8')).toBe('short')
    expect(await FileLock.take(path)).toBeUndefined()
    await lock.release()
    expect(existsSync(path)).toBe(true)
    await (await FileLock.take(path))!.release({ remove: true })
    expect(existsSync(path)).toBe(false)
  })

  it('needs its directory', async () => {
    await expect(FileLock.take(`${stores.fresh()}/lock`)).rejects.toThrow('ENOENT')
  })
})
