import { describe, expect, it } from 'vitest'
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
