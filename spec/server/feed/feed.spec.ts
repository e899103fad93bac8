import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServerMessage } from '../../../lib/api/messages.js'
import { Feed } from '../../../server/feed/feed.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const images = (at: number): ServerMessage => ({ type: 'images', at })
const idsIn = (frames: Buffer | undefined): string[] =>
  [...(frames?.toString() ?? '').matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id)

describe('a feed', () => {
  it('gives what follows a position, all of it or what is about one pull', () => {
    const feed = new Feed('run')
    for (const [at, pull] of [undefined, 'a', 'b', 'a'].entries()) feed.append(images(at), pull)
    expect(feed.head).toBe(4)
    expect(idsIn(feed.after(0)?.frames)).toEqual(['run-1', 'run-2', 'run-3', 'run-4'])
    expect(idsIn(feed.after(2)?.frames)).toEqual(['run-3', 'run-4'])
    expect(idsIn(feed.after(0, 'b')?.frames)).toEqual(['run-1', 'run-3'])
    expect(feed.after(4)).toMatchObject({ position: 4 })
    expect(feed.after(4)?.frames).toHaveLength(0)
    expect(feed.after(5)).toBeUndefined()
  })

  it('gives it in chunks of a bounded size, each message once', () => {
    const feed = new Feed('run', { log: 100_000, chunk: 150 })
    for (let at = 0; at < 40; at++) feed.append(images(at))
    const seen: string[] = []
    for (let position = 0; position < feed.head;) {
      const following = feed.after(position)!
      expect(following.frames.length).toBeLessThanOrEqual(150)
      seen.push(...idsIn(following.frames))
      position = following.position
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, at) => `run-${at + 1}`))
  })

  it('gives a message that is larger than a chunk', () => {
    const feed = new Feed('run', { log: 100_000, chunk: 10 })
    feed.append(images(1))
    feed.append(images(2))
    expect(idsIn(feed.after(0)?.frames)).toEqual(['run-1'])
  })

  it('forgets the oldest messages beyond its size', () => {
    const feed = new Feed('run', { log: 300, chunk: 1_000 })
    for (let at = 0; at < 100; at++) feed.append(images(at))
    expect(feed.after(0)).toBeUndefined()
    expect(feed.after(50)).toBeUndefined()
    const first = Array.from({ length: 100 }, (_, at) => at).find((at) => feed.after(at))!
    expect(idsIn(feed.after(first)?.frames)[0]).toBe(`run-${first + 1}`)
    expect(feed.after(first)!.frames.length).toBeLessThanOrEqual(300)
  })

  it('shares what follows a position, and the state, among the watchers that are there', () => {
    const feed = new Feed('run')
    feed.append(images(1))
    expect(feed.after(0)!.frames).toBe(feed.after(0)!.frames)
    expect(feed.stateFrame('{}')).toBe(feed.stateFrame('{}'))
    expect(feed.stateFrame('{}').toString()).toBe('id: run-1\ndata: {}\n\n')
    expect(feed.stateFrame('[]').toString()).toContain('data: []')
    feed.append(images(2))
    expect(idsIn(feed.after(0)?.frames)).toEqual(['run-1', 'run-2'])
    expect(idsIn(feed.stateFrame('[]'))).toEqual(['run-2'])
  })

  it('wakes watchers once, some time after a message: later where there are many', () => {
    const feed = new Feed('run')
    const woken = vi.fn()
    feed.onNext(woken)
    const forgotten = vi.fn()
    feed.onNext(forgotten)()
    for (let at = 0; at < 5; at++) feed.append(images(at))
    vi.advanceTimersByTime(50)
    feed.append(images(5))
    vi.advanceTimersByTime(1_000)
    expect(woken).toHaveBeenCalledTimes(1)
    expect(forgotten).not.toHaveBeenCalled()
    const many = Array.from({ length: 150 }, () => vi.fn())
    for (const wake of many) feed.onNext(wake)
    feed.append(images(6))
    vi.advanceTimersByTime(186)
    expect(many[0]).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    for (const wake of many) expect(wake).toHaveBeenCalledTimes(1)
  })

  it('keeps the last message, however large it is, and no other then', () => {
    const feed = new Feed('run', { log: 1, chunk: 1_000 })
    for (const at of [1, 2, 3]) feed.append(images(at))
    expect([feed.after(0), feed.after(1)]).toEqual([undefined, undefined])
    expect(idsIn(feed.after(2)?.frames)).toEqual(['run-3'])
  })

  it('wakes watchers after a quarter of a second at most, however many there are', () => {
    const feed = new Feed('run')
    const woken = vi.fn()
    for (let nth = 0; nth < 1_000; nth++) feed.onNext(nth === 0 ? woken : () => undefined)
    feed.append(images(1))
    vi.advanceTimersByTime(249)
    expect(woken).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(woken).toHaveBeenCalledOnce()
  })

  it('knows the ids of its own run only', () => {
    const feed = new Feed('run')
    expect(feed.positionOf('run-12')).toBe(12)
    for (const id of [undefined, '', 'other-12', 'run-', 'run-1x', `run-${'9'.repeat(20)}`])
      expect(feed.positionOf(id)).toBeUndefined()
  })
})
