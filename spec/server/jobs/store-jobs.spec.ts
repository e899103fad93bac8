import { describe, expect, it } from 'vitest'
import type { ServerMessage } from '../../../lib/api/index.js'
import type { TaskRecord } from '../../../lib/api/shapes.js'
import { WindlassError } from '../../../lib/errors.js'
import type { Windlass } from '../../../puller/index.js'
import type { Feed } from '../../../server/feed/feed.js'
import { StoreJobs } from '../../../server/jobs/store-jobs.js'

interface Work {
  readonly resolve: (result: object) => void
  readonly reject: (error: unknown) => void
  readonly options: { readonly signal?: AbortSignal; readonly onProgress: (progress: object) => void }
}

/** Jobs whose operations on the store end when the test says so. */
function jobsByHand() {
  const messages: ServerMessage[] = []
  const started: (Work & { readonly kind: string })[] = []
  const begin = (kind: string) => (options: Work['options']) =>
    new Promise<object>((resolve, reject) => started.push({ kind, resolve, reject, options }))
  const windlass = { collect: begin('collect'), verify: begin('verify') } as unknown as Windlass
  const feed = { append: (message: ServerMessage) => messages.push(message) } as unknown as Feed
  const jobs = new StoreJobs(windlass, feed)
  const tasks = (): TaskRecord[] =>
    messages.flatMap((message) => (message.type === 'task' ? [message.task] : []))
  /** The operations that have started, once there are as many. */
  const work = async (count: number): Promise<Work[]> => {
    await expect.poll(() => started.length).toBe(count)
    return started
  }
  return { jobs, messages, started, tasks, work }
}
const collected = { bytes: 10, removed: [{}, {}] }

describe('the operations on the store', () => {
  it('are listed and reported from their start to their end', async () => {
    const { jobs, messages, tasks, work } = jobsByHand()
    const task = jobs.start('collect')
    expect(task).toMatchObject({ kind: 'collect', state: 'running' })
    expect(jobs.records).toEqual([task])
    expect(tasks()).toEqual([task])
    const [collection] = await work(1)
    collection!.resolve(collected)
    await expect.poll(() => jobs.get(task.id).state).toBe('done')
    expect(jobs.get(task.id)).toMatchObject({ id: task.id, bytes: 10, done: 2, total: 2 })
    expect(jobs.get(task.id).endedAt).toBeGreaterThanOrEqual(task.startedAt)
    expect(messages.at(-1)).toMatchObject({ type: 'images' })
    expect(jobs.records).toHaveLength(1)
  })

  it('run once for all who start one of a kind, and one after another', async () => {
    const { jobs, started, work } = jobsByHand()
    const task = jobs.start('collect')
    expect(jobs.start('collect')).toBe(task)
    const verification = jobs.start('verify')
    expect(verification.id).not.toBe(task.id)
    const [collection] = await work(1)
    expect(started.map(({ kind }) => kind)).toEqual(['collect'])
    collection!.resolve(collected)
    await work(2)
    expect(started.map(({ kind }) => kind)).toEqual(['collect', 'verify'])
    started[1]!.resolve({ blobs: 3, bytes: 5, problems: [{ kind: 'blob', path: 'a', why: 'it is cut' }] })
    await expect
      .poll(() => jobs.get(verification.id))
      .toMatchObject({
        ...{ state: 'done', done: 3, total: 3, bytes: 5, problems: ['blob a: it is cut'] },
      })
    expect(jobs.start('collect').id).not.toBe(task.id)
  })

  it('fail with their error, and let the next one run', async () => {
    const { jobs, work } = jobsByHand()
    const task = jobs.start('verify')
    const [verification] = await work(1)
    verification!.reject(new WindlassError('STORE_IO', 'the disk failed'))
    await expect
      .poll(() => jobs.get(task.id))
      .toMatchObject({
        state: 'failed',
        error: { code: 'STORE_IO', message: 'the disk failed' },
      })
    jobs.start('collect')
    await work(2)
  })

  it('report their progress, but not each step of it', async () => {
    const { jobs, tasks, work } = jobsByHand()
    const task = jobs.start('verify')
    const [{ options }] = (await work(1)) as [Work]
    for (let done = 1; done <= 100; done++) options.onProgress({ done, total: 100 })
    const reported = tasks().filter(({ done }) => done !== undefined)
    expect(reported.length).toBeGreaterThanOrEqual(1)
    expect(reported.length).toBeLessThan(5)
    expect(reported[0]).toMatchObject({ id: task.id, state: 'running', done: 1, total: 100 })
  })

  it('are remembered up to 20 after their end, the latest', async () => {
    const { jobs, work } = jobsByHand()
    const ids: string[] = []
    for (let run = 1; run <= 22; run++) {
      const { id } = jobs.start('collect')
      ids.push(id)
      ;(await work(run)).at(-1)!.resolve(collected)
      await expect.poll(() => jobs.get(id).state, { interval: 1 }).toBe('done')
    }
    const running = jobs.start('verify')
    expect(jobs.records.map(({ id }) => id)).toEqual([...ids.slice(-20), running.id])
    expect(() => jobs.get(ids[0]!)).toThrow(expect.objectContaining({ code: 'PULL_UNKNOWN' }))
  })

  it('are aborted and waited for when the server ends', async () => {
    const { jobs, work } = jobsByHand()
    const { id } = jobs.start('verify')
    const [{ options, reject }] = (await work(1)) as [Work]
    options.signal!.addEventListener('abort', () => setTimeout(() => reject(options.signal!.reason), 20))
    await jobs.close()
    expect(jobs.get(id)).toMatchObject({ state: 'failed', error: { code: 'CANCELLED' } })
  })
})
