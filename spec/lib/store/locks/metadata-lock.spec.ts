/** The lock of the store: a waiting process warns which process it waits for, and can be cancelled by a signal. */
import { getEventListeners } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { FileLock } from '../../../../lib/store/locks/file-lock.js'
import { lockWaitMs, MetadataLock } from '../../../../lib/store/locks/metadata-lock.js'
import { locksAvailable } from '../../../../lib/system/index.js'
import { asOrdinaryUser } from '../../../support/ordinary-user.js'
import { Child } from '../../../support/store/child.js'

describe('the lock of the store', () => {
  let directory: string
  const before = { ...lockWaitMs }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'windlass-lock-'))
  })
  afterEach(() => {
    Object.assign(lockWaitMs, before)
    rmSync(directory, { recursive: true })
  })
  const path = (): string => join(directory, 'lock')

  it('is taken in the order of the requests', async () => {
    const lock = new MetadataLock(path())
    const order: number[] = []
    await Promise.all(
      [1, 2, 3].map((at) =>
        lock.hold(async () => {
          order.push(at)
          await delay(5)
          order.push(at)
        }),
      ),
    )
    expect(order).toEqual([1, 1, 2, 2, 3, 3])
  })

  it('is taken by one work after the other also where the platform has no locks', async () => {
    const { arch } = process
    vi.resetModules()
    Object.defineProperty(process, 'arch', { value: 'unknown' })
    try {
      const { MetadataLock: WithoutLocks } = await import('../../../../lib/store/locks/metadata-lock.js')
      const lock = new WithoutLocks(path(), { signal: AbortSignal.timeout(5_000) })
      const works = [1, 2, 3].map((at) => lock.hold(() => Promise.resolve(at)))
      expect(await Promise.all(works)).toEqual([1, 2, 3])
    } finally {
      Object.defineProperty(process, 'arch', { value: arch })
      vi.resetModules()
    }
  })

  it('does not start work that was cancelled while it was queued, but all other work', async () => {
    const lock = new MetadataLock(path())
    const stop = new AbortController()
    const done: string[] = []
    const first = lock.hold(async () => {
      await delay(100)
      done.push('first')
    }, stop.signal)
    const second = lock.hold(() => Promise.resolve(done.push('second')), stop.signal)
    const third = lock.hold(() => Promise.resolve(done.push('third')))
    await delay(20)
    stop.abort()
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(done).toEqual([]) // at once, while the first still works
    await Promise.all([first, third])
    expect(done).toEqual(['first', 'third'])
    await expect(lock.hold(() => Promise.resolve(1), stop.signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    await expect(lock.hold(() => Promise.resolve(1))).resolves.toBe(1)
  })

  it('rejects with the error of its work, and is released', async () => {
    const lock = new MetadataLock(path())
    await expect(lock.hold(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(new MetadataLock(path()).hold(() => Promise.resolve(1))).resolves.toBe(1)
  })

  it('leaves no listeners on a signal', async () => {
    const stop = new AbortController()
    const lock = new MetadataLock(path(), { signal: stop.signal })
    for (let times = 0; times < 3; times++) await lock.hold(() => Promise.resolve(1), stop.signal)
    await delay(1)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('locks the file at its path, even if that is replaced during the wait', async () => {
    const lock = new MetadataLock(path())
    const first = lock.hold(async () => {
      writeFileSync(`${path()}.new`, 'another')
      renameSync(`${path()}.new`, path())
    })
    const second = lock.hold(() => FileLock.take(path()))
    await first
    expect(await second).toBeUndefined()
    const free = await FileLock.take(path())
    expect(free).toBeDefined()
    await free!.release()
  })

  describe('for work that only reads', () => {
    const works = { count: 0 }
    const work = (): Promise<number> => Promise.resolve(++works.count)
    beforeEach(() => {
      works.count = 0
      chmodSync(directory, 0o555)
    })
    afterEach(() => chmodSync(directory, 0o755))

    it('is not needed where no process can create it', async () => {
      const lock = new MetadataLock(path())
      expect(await asOrdinaryUser(() => lock.holdToRead(work))).toBe(1)
      expect(existsSync(path())).toBe(false)
      await expect(asOrdinaryUser(() => lock.hold(work))).rejects.toMatchObject({ code: 'STORE_DENIED' })
    })

    it('is needed if it exists and this user may not open it', async () => {
      chmodSync(directory, 0o755)
      writeFileSync(path(), '', { mode: 0o000 })
      const lock = new MetadataLock(path())
      await expect(asOrdinaryUser(() => lock.holdToRead(work))).rejects.toMatchObject({
        code: 'STORE_DENIED',
      })
      expect(works.count).toBe(0)
    })

    it('is not created in a store of another user, nor held there for a change', async () => {
      chmodSync(directory, 0o755)
      const refusal = new WindlassError('STORE_DENIED', 'only its owner may write to it')
      const lock = new MetadataLock(path(), { refusal })
      expect(await lock.holdToRead(work)).toBe(1)
      expect(existsSync(path())).toBe(false)
      await expect(lock.hold(work)).rejects.toBe(refusal)
      expect(works.count).toBe(1)
    })

    it('does not run work again that fails', async () => {
      chmodSync(directory, 0o755)
      const failed = new WindlassError('STORE_DENIED', 'it may not be read')
      const failing = vi.fn(() => Promise.reject(failed))
      await expect(new MetadataLock(path()).holdToRead(failing)).rejects.toBe(failed)
      expect(failing).toHaveBeenCalledTimes(1)
    })
  })

  describe.skipIf(!locksAvailable())('that a stopped process holds', () => {
    let child: Child
    beforeEach(async () => {
      child = new Child('hold-lock', directory)
      await child.line()
      child.process.kill('SIGSTOP')
    })
    afterEach(() => child.kill())

    it('is reported with its holder after a while, and fails with a hint in the end', async () => {
      Object.assign(lockWaitMs, { notice: 200, total: 1_200 })
      const warnings: string[] = []
      const lock = new MetadataLock(path(), { warn: (message, code) => warnings.push(`${code}: ${message}`) })
      const { pid } = child.process
      await expect(lock.hold(() => Promise.resolve(1))).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringMatching(
          `^Waited [\\d.]+ seconds? for the lock of the store, which process ${pid} \\(stopped\\) holds, at ${path()}$`,
        ),
        hint: `Resume it with “kill -CONT ${pid}”, or end it with “kill -KILL ${pid}”.`,
      })
      expect(warnings).toEqual([
        `store-locked: Waiting for the lock of the store, which process ${pid} (stopped) holds, at ${path()}`,
      ])
    })

    it('is taken once that is killed', async () => {
      const waiting = new MetadataLock(path()).hold(() => Promise.resolve(1))
      await child.kill()
      await expect(waiting).resolves.toBe(1)
    })

    it.each(['of the hold', 'of the lock'])(
      'is no longer waited for when the signal %s aborts',
      async (which) => {
        const stop = new AbortController()
        const own = which === 'of the lock' ? { signal: stop.signal } : {}
        const lock = new MetadataLock(path(), own)
        const waiting = lock.hold(() => Promise.resolve(1), which === 'of the hold' ? stop.signal : undefined)
        await delay(300)
        const began = performance.now()
        stop.abort()
        await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
        expect(performance.now() - began).toBeLessThan(5_000)
      },
    )
  })
})
