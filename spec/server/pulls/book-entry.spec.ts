import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { PullEventLog, type PullEventBody } from '../../../lib/events/index.js'
import type { Pull } from '../../../puller/index.js'
import { BookEntry } from '../../../server/pulls/book-entry.js'

const order = { image: 'app:1', priority: 3 }
const digest = 'sha256:a'
const plan: PullEventBody = {
  type: 'plan',
  layers: [{ digest, size: 100, action: 'download', offset: 0 }],
  bytes: { total: 100, toDownload: 80 },
}
const layer = (status: 'downloading' | 'restart' | 'complete', current: number): PullEventBody => ({
  ...{ type: 'layer', digest, status, current, total: 100 },
})
const image: PullEventBody = {
  ...{ type: 'image', name: 'quay.io/app:1', digest: 'sha256:e', mediaType: 'a/b', platform: 'linux/arm64' },
  ...{ imageId: 'sha256:f', size: 100, layers: [], status: 'newer' },
}

function entryOf({ resumes }: { readonly resumes?: string } = {}) {
  const log = new PullEventLog(() => new Date(5_000))
  const pull = { id: 'p', priority: 7 } as unknown as Pull
  const entry = new BookEntry({ id: 'p', order, startedAt: 1_000, pull, resumes })
  log.events.subscribe((event) => entry.add(event))
  const emit = (...bodies: PullEventBody[]): void => bodies.forEach((body) => log.emit(body))
  emit({ type: 'start', reference: 'quay.io/app:1', platform: 'linux/arm64' })
  return { entry, emit, log }
}

describe('a pull of the server', () => {
  it('runs until its end, whose time and outcome it has', () => {
    const { entry, log } = entryOf()
    expect([entry.isRunning, entry.record.state]).toEqual([true, 'running'])
    expect(entry.record).not.toHaveProperty('endedAt')
    expect(entry.record).not.toHaveProperty('resumes')
    log.end(new WindlassError('CANCELLED', 'no'))
    expect(entry.isRunning).toBe(false)
    expect(entry.record).toMatchObject({ state: 'cancelled', endedAt: 5_000, startedAt: 1_000 })
  })

  it('has the priority that it has now, and the pull that it resumes', () => {
    expect(entryOf({ resumes: 'before' }).entry.record).toMatchObject({ priority: 7, resumes: 'before' })
  })

  it('is paused until it is resumed, and ended although it was paused', () => {
    const { entry, emit, log } = entryOf()
    emit({ type: 'paused' })
    expect(entry.record.state).toBe('paused')
    emit({ type: 'resumed' })
    expect(entry.record.state).toBe('running')
    emit({ type: 'paused' })
    log.end(new Error('broken'))
    expect(entry.record.state).toBe('failed')
  })

  it('never goes back: a download that starts over has more work left, and the same fraction', () => {
    const { entry, emit } = entryOf()
    emit(plan, layer('downloading', 90))
    const { fraction, fetched } = entry.record.progress
    expect(fraction).toBeGreaterThan(0)
    emit(layer('restart', 0))
    expect(entry.record.progress.fraction).toBe(fraction)
    expect(entry.record.progress.fetched).toBeLessThan(fetched!)
  })

  it('shows a watcher its events and a copy of its samples', () => {
    const { entry, emit } = entryOf()
    emit(plan)
    entry.sample({ at: 1, network: 2, disk: 3, holder: 'network' }, 1_000)
    const { events, samples } = entry.watched
    expect(events.map(({ type }) => type)).toEqual(['start', 'plan'])
    entry.sample({ at: 2, network: 2, disk: 3, holder: null }, 1_000)
    expect([samples.length, entry.watched.samples.length]).toEqual([1, 2])
  })
})

describe('a pull that has ended', () => {
  it('is kept with what it fetched, what held it, and what it is', () => {
    const { entry, emit, log } = entryOf()
    emit(plan, layer('downloading', 100), layer('complete', 100), image)
    for (const holder of ['network', 'network', 'unpacking', null] as const)
      entry.sample({ at: 1, network: 0, disk: 0, holder }, 500)
    log.end()
    expect(entry.past).toEqual({
      ...{ id: 'p', order, startedAt: 1_000, endedAt: 5_000, state: 'done' },
      held: { network: 1_000, unpacking: 500, limit: 0, registry: 0 },
      // The store had 20 of the 100 bytes.
      ...{ size: 100, fetched: 80 },
      ...{ name: 'quay.io/app:1', platform: 'linux/arm64', digest: 'sha256:e', upToDate: false },
    })
  })

  it('is kept with its failure, and without sizes if there was no plan', () => {
    const { entry, log } = entryOf()
    log.end(new WindlassError('NETWORK', 'broken', { hint: 'Try again.' }))
    expect(entry.past).toMatchObject({
      ...{ state: 'failed', size: null, fetched: null },
      error: { code: 'NETWORK', message: 'broken', hint: 'Try again.' },
    })
    expect(entry.past).not.toHaveProperty('digest')
    const { entry: other, log: otherLog } = entryOf()
    otherLog.end(new WindlassError('NETWORK', 'broken'))
    expect(other.past.error).toEqual({ code: 'NETWORK', message: 'broken' })
  })
})

describe('a pull that an earlier server did not end', () => {
  it('is interrupted, has the priority that was asked for, and no progress', () => {
    const entry = new BookEntry({ id: 'p', order, startedAt: 1_000, pull: undefined })
    expect(entry.isRunning).toBe(false)
    expect(entry.record).toMatchObject({
      ...{ state: 'interrupted', priority: 3, endedAt: 1_000 },
      progress: { fraction: 0, total: null },
    })
    const plain = new BookEntry({ id: 'p', order: { image: 'a' }, startedAt: 1, pull: undefined })
    expect(plain.record.priority).toBe(0)
    expect(entry.past).toMatchObject({ state: 'interrupted', endedAt: 1_000 })
  })
})
