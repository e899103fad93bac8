import { readdirSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UnpackThreads } from '../../../../lib/archive/worker/threads.js'
import { openPaths } from '../../../support/open-paths.js'

/** Number of threads of this process. */
const running = (): number => readdirSync('/proc/self/task').length

function opened(): UnpackThreads {
  const threads = new UnpackThreads()
  onTestFinished(() => threads.close())
  return threads
}

describe('threads', () => {
  it('are started in advance up to the requested number, including those in use', () => {
    const threads = opened()
    const before = running()
    threads.ready(2)
    const two = running()
    expect(two).toBeGreaterThan(before)
    threads.take()
    threads.ready(2)
    threads.ready(1)
    expect(running()).toBe(two)
  })

  it('are reused', () => {
    const threads = opened()
    const [one, other] = [threads.take(), threads.take()]
    expect(one).not.toBe(other)
    threads.giveBack(one)
    expect(threads.take()).toBe(one)
  })

  it('are replaced when they have ended while they were idle', async () => {
    const threads = opened()
    const idle = threads.take()
    threads.giveBack(idle)
    await idle.stop()
    const taken = threads.take()
    expect([taken === idle, taken.isAlive]).toEqual([false, true])
  })

  it('are replaced when they have ended during a job, also in advance', async () => {
    const threads = opened()
    const crashed = threads.take()
    await crashed.stop()
    threads.giveBack(crashed)
    const before = running()
    threads.ready(1)
    expect(running()).toBeGreaterThan(before)
    expect(threads.take().isAlive).toBe(true)
  })

  it('end with close, also those in use, and none is started in advance afterwards', async () => {
    const threads = opened()
    threads.ready(2)
    const [taken, idle] = [threads.take(), threads.take()]
    threads.giveBack(idle)
    await threads.close()
    expect([taken.isAlive, idle.isAlive]).toEqual([false, false])
    const before = running()
    threads.ready(2)
    expect(running()).toBe(before)
  })
  it('leave nothing open when they are closed while loading', async () => {
    for (let wait = 0; wait < 60; wait += 2) {
      const own = new UnpackThreads()
      own.ready(2)
      await new Promise((resolve) => setTimeout(resolve, wait))
      await own.close()
    }
    expect(openPaths().filter((path) => path.endsWith('.js'))).toEqual([])
  })
})
