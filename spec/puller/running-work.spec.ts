import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../lib/errors.js'
import type { PullParts } from '../../pipelines/index.js'
import type { LazyParts } from '../../puller/lazy-parts.js'
import { RunningWork } from '../../puller/running-work.js'

/** The work of a puller, whose parts are there when `open` is called. */
function puller() {
  let open = (): void => undefined
  let released = 0
  const store = {
    release: () => {
      released++
      return Promise.resolve()
    },
  }
  const opened = new Promise<PullParts>((resolve) => (open = () => resolve({ store } as never)))
  const parts: Pick<LazyParts, 'ifOpened'> = { ifOpened: () => opened }
  return { work: new RunningWork(parts as LazyParts), open, released: () => released }
}

/** An operation that ends when `end` is called. */
function operation() {
  let end = (): void => undefined
  const closed = new Promise<void>((resolve) => (end = resolve))
  return { started: { cancel: () => end(), closed: () => closed, running: ['a pull'] }, end }
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('the content that the pulls of a puller hold', () => {
  it('is released when the last one has ended', async () => {
    const { work, open, released } = puller()
    open()
    const [first, second] = [operation(), operation()]
    for (const { started } of [first, second]) work.register(started)
    first.end()
    await settled()
    expect([released(), work.running]).toEqual([0, ['a pull']])
    second.end()
    await settled()
    expect([released(), work.running]).toEqual([1, []])
  })

  it('is not released if another one has begun meanwhile', async () => {
    const { work, open, released } = puller()
    const [first, second] = [operation(), operation()]
    work.register(first.started)
    first.end()
    await settled()
    work.register(second.started)
    open()
    await settled()
    expect(released()).toBe(0)
    second.end()
    await settled()
    expect(released()).toBe(1)
  })

  it('is left to the end of the puller once that has begun', async () => {
    const { work, open, released } = puller()
    open()
    const { started } = operation()
    work.register(started)
    await work.stop()
    await settled()
    expect(released()).toBe(0)
  })
})

describe('the wait for operations that have settled', () => {
  it('ends when they have released their resources, whatever still runs', async () => {
    const { work } = puller()
    const [failed, running] = [operation(), operation()]
    const done = Promise.reject(new Error('it failed'))
    work.register({ ...failed.started, done })
    work.register({ ...running.started, done: new Promise(() => undefined) })
    await settled()
    let over = false
    const waiting = work.waitForEnded().then(() => (over = true))
    await settled()
    expect(over).toBe(false)
    failed.end()
    await waiting
    await work.waitForEnded()
    expect(work.running).toEqual(['a pull'])
  })
})

describe('work with the store of a puller', () => {
  /** Work with a store that exists. */
  const working = () => {
    const parts = { openExisting: () => Promise.resolve('parts'), ifOpened: () => Promise.resolve(undefined) }
    return new RunningWork(parts as never)
  }
  const untilAborted = (_: unknown, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      const fail = (): void => reject(new Error('the operation was aborted'))
      if (signal.aborted) fail()
      signal.addEventListener('abort', fail, { once: true })
    })

  it('is named while it runs, and waited for by the end of the puller, which cancels it', async () => {
    const work = working()
    const done = work.runWithStore('load', undefined, untilAborted)
    await settled()
    expect(work.running).toEqual(['load'])
    await Promise.all([work.stop(), expect(done).rejects.toMatchObject({ code: 'CANCELLED' })])
    expect(work.running).toEqual([])
  })

  it('does not begin once the end of the puller has begun', async () => {
    const work = working()
    const begun = vi.fn(untilAborted)
    const done = work.runWithStore('load', undefined, begun)
    await Promise.all([work.stop(), expect(done).rejects.toMatchObject({ code: 'CANCELLED' })])
    expect(begun).not.toHaveBeenCalled()
  })

  it('fails with CANCELLED when its signal aborts, whatever error that causes, but with its own error else', async () => {
    const stop = new AbortController()
    const done = working().runWithStore('load', stop.signal, untilAborted)
    stop.abort()
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED', message: 'The load was cancelled' })
    const known = new WindlassError('STORE_FULL', 'no space')
    await expect(working().runWithStore('load', stop.signal, () => Promise.reject(known))).rejects.toBe(known)
    const unknown = new Error('a bug')
    await expect(working().runWithStore('load', undefined, () => Promise.reject(unknown))).rejects.toBe(
      unknown,
    )
  })
})
