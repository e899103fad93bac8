import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { lockTimes, tryLock, withLayoutLock } from '../../../../lib/sinks/layout/layout-lock.js'
import { open } from '../../../../lib/system/files.js'
import * as system from '../../../../lib/system/index.js'
import { openPaths } from '../../../support/open-paths.js'
import { temporaryDirectory } from '../../../support/temporary-directory.js'

vi.mock('../../../../lib/system/index.js', { spy: true })

const home = temporaryDirectory()
let directory = ''
let made = 0
beforeEach(() => mkdirSync((directory = join(home, String(++made)))))
const openHere = (): string[] => openPaths().filter((each) => each === directory)

describe('the lock of a layout', () => {
  it('is held by one work at a time, in the order in which they asked, also after a failure', async () => {
    const seen: string[] = []
    const work = (name: string, fails = false) =>
      withLayoutLock(directory, async () => {
        seen.push(`${name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        seen.push(`${name} ends`)
        if (fails) throw new Error(`${name} fails`)
        return name
      })
    const results = await Promise.allSettled([work('a'), work('b', true), work('c')])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]))
    expect(openHere()).toEqual([])
  })

  it('is held by one work at a time if another asks when the first has just ended', async () => {
    let running = 0
    const work = () =>
      withLayoutLock(directory, async () => {
        expect(++running).toBe(1)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      })
    const first = work()
    const second = work()
    await first
    await Promise.all([second, work()])
  })

  it('is not asked for if the signal is aborted', async () => {
    const work = vi.fn(() => Promise.resolve())
    await expect(withLayoutLock(directory, work, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(work).not.toHaveBeenCalled()
    expect(openHere()).toEqual([])
  })

  it('is waited for in pauses that become longer, up to a maximum', async () => {
    const holder = await open(directory, 'r')
    expect(tryLock(holder.fd)).toBe(true)
    const { first, max } = lockTimes
    Object.assign(lockTimes, { first: 1, max: 2 })
    const work = withLayoutLock(directory, () => Promise.resolve('mine'))
    const asked = vi.mocked(system.lockFile)
    asked.mockClear()
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(12), { timeout: 20_000 })
    await holder.close()
    expect(await work).toBe('mine')
    Object.assign(lockTimes, { first, max })
  })

  it('is not needed where locks do not work', async () => {
    const file = await open(directory, 'r')
    vi.mocked(system.lockFile).mockImplementation(() => {
      throw new Error('ENOTSUP')
    })
    expect(tryLock(file.fd)).toBeUndefined()
    expect(await withLayoutLock(directory, () => Promise.resolve('mine'))).toBe('mine')
    vi.mocked(system.lockFile).mockRestore()
    await file.close()
  })
})
