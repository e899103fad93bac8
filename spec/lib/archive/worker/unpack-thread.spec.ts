/**
 * Threads that end too early. The system can also refuse to start a thread (EAGAIN), because the limit of processes of a user
 * counts threads as well.
 */
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { UnpackPool } from '../../../../lib/archive/index.js'
import type { Job, Request, Response } from '../../../../lib/archive/worker/task.js'
import { UnpackThread } from '../../../../lib/archive/worker/unpack-thread.js'
import { largeWindows } from '../../../../lib/bytes/compression/large-window.js'
import { WindlassError } from '../../../../lib/errors.js'
import { defaultLimits } from '../../../../lib/limits.js'
import { packEntries } from '../../../../lib/testing/images/index.js'

vi.mock('node:worker_threads', { spy: true })

let top: string
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'windlass-threads-'))
  writeFileSync(join(top, 'blob'), packEntries([{ path: 'a', content: 'a' }]))
})
afterEach(() => rmSync(top, { recursive: true }))

describe('a thread that the system refuses to start', () => {
  const refuse = (): void => {
    vi.mocked(Worker).mockImplementationOnce(() => {
      throw new Error('EAGAIN')
    })
  }
  let made = 0
  const unpack = (pool: UnpackPool) =>
    pool.unpack({ path: join(top, 'blob'), into: join(top, String(made++)), whiteouts: 'aufs' })
  const threadError = {
    message: 'Failed to start a thread for unpacking: the limit of processes is reached (EAGAIN)',
    hint: expect.stringContaining('ulimit -u') as string,
  }

  it('is reported with a hint how to raise the limit, and the pool stays usable', async () => {
    const pool = new UnpackPool({ workers: 1 })
    refuse()
    const [first, second] = await Promise.allSettled([unpack(pool), unpack(pool)])
    expect(first).toMatchObject({ status: 'rejected', reason: threadError })
    expect(second).toMatchObject({ status: 'fulfilled', value: { entries: 1 } })
    await pool.close()
  })

  it('is not an error if it was only started in advance', async () => {
    const pool = new UnpackPool({ workers: 2 })
    refuse()
    pool.ready(2)
    expect(await unpack(pool)).toMatchObject({ entries: 1 })
    await pool.close()
  })
})

describe('a thread that ends during a job', () => {
  it('rejects the job, and all further ones', { timeout: 10_000 }, async () => {
    vi.mocked(Worker).mockClear()
    const thread = new UnpackThread()
    const listener = { onProgress: () => undefined, onWarning: () => undefined }
    const job: Job = {
      ...{ kind: 'unpack', growing: false, limits: defaultLimits, spare: false, entries: false },
      task: { path: join(top, 'blob'), into: join(top, 'tree'), whiteouts: 'aufs' },
    }
    const crashed = expect(thread.run(job, listener)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('The unpack worker crashed') as string,
    })
    const [started] = vi.mocked(Worker).mock.results
    await (started!.value as Worker).terminate()
    await crashed
    expect(thread.isAlive).toBe(false)
    await expect(thread.run(job, listener)).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

/** A worker that the test plays. */
class PlayedWorker extends EventEmitter {
  readonly threadId = 77
  /** Whether it keeps the process alive. */
  isReferenced = true
  readonly posted: Request[] = []
  readonly terminate = vi.fn(() => Promise.resolve(0))

  ref = (): void => void (this.isReferenced = true)
  unref = (): void => void (this.isReferenced = false)
  postMessage = (request: Request): void => void this.posted.push(request)
  respond = (response: Response): void => void this.emit('message', response)
}

describe('a thread of the pool', () => {
  const job: Job = {
    ...{ kind: 'read', task: { layer: { kind: 'directory', path: '/' } } },
    ...{ limits: defaultLimits, spare: false, entries: true },
  }
  const played = () => {
    const worker = new PlayedWorker()
    vi.mocked(Worker).mockImplementationOnce(function () {
      return worker as unknown as Worker
    })
    const seen: unknown[] = []
    const listener = {
      onProgress: (bytes: number) => seen.push(bytes),
      onWarning: (code: string, message: string) => seen.push([code, message]),
      onEntries: ({ weight }: { readonly weight: number }) => seen.push({ weight }),
    }
    return { worker, seen, listener, thread: new UnpackThread() }
  }

  it('keeps the process alive only while a job runs', async () => {
    const { worker, thread, listener } = played()
    expect(worker.isReferenced).toBe(false)
    for (const id of [1, 2]) {
      const running = thread.run(job, listener)
      expect(worker.isReferenced).toBe(true)
      worker.respond(
        id === 1
          ? { type: 'done', id, result: { entries: 7 } }
          : { type: 'failed', id, error: new WindlassError('STORE_FULL', 'no space').toJSON() },
      )
      if (id === 1) expect(await running).toEqual({ entries: 7 })
      else await expect(running).rejects.toMatchObject({ code: 'STORE_FULL' })
      expect(worker.isReferenced).toBe(false)
    }
  })

  it('passes on what the current job reports, and nothing of earlier jobs', async () => {
    const { worker, thread, listener, seen } = played()
    const first = thread.run(job, listener)
    worker.respond({ type: 'progress', id: 1, bytes: 5 })
    worker.respond({ type: 'warning', id: 1, code: 'OWNER_NONE', message: 'text' })
    worker.respond({ type: 'entries', id: 1, batch: { parts: [], weight: 9 } })
    worker.respond({ type: 'done', id: 1, result: { entries: 1 } })
    await first
    const second = thread.run(job, listener)
    worker.respond({ type: 'progress', id: 1, bytes: 6 })
    worker.respond({ type: 'done', id: 1, result: { entries: 1 } })
    worker.respond({ type: 'progress', id: 2, bytes: 7 })
    worker.respond({ type: 'done', id: 2, result: { entries: 2 } })
    expect(await second).toEqual({ entries: 2 })
    expect(seen).toEqual([5, ['OWNER_NONE', 'text'], { weight: 9 }, 7])
  })

  it('tells the current job what happens, and nobody when there is none', async () => {
    const { worker, thread, listener } = played()
    const tell = (): void => {
      thread.reportGrowth({ length: 3, final: true })
      thread.acknowledge(4)
      thread.skip(5)
      thread.cancel()
    }
    tell()
    expect(worker.posted).toEqual([])
    const running = thread.run(job, listener)
    tell()
    expect(worker.posted).toEqual([
      { type: 'start', id: 1, job },
      { type: 'grown', id: 1, length: 3, final: true },
      { type: 'acknowledge', id: 1, weight: 4 },
      { type: 'skip', id: 1, entry: 5 },
      { type: 'cancel', id: 1 },
    ])
    worker.respond({ type: 'done', id: 1, result: { entries: 1 } })
    await running
    tell()
    expect(worker.posted).toHaveLength(5)
  })

  it('gives the permission for a large window back when it ends', () => {
    const { worker, thread } = played()
    const holder = new Int32Array(largeWindows())
    holder[0] = worker.threadId + 1
    onTestFinished(() => void (holder[0] = 0))
    worker.emit('exit', 1)
    expect(holder[0]).toBe(0)
    expect(thread.isAlive).toBe(false)
  })

  it('is ended only after it has loaded its modules', async () => {
    const { worker, thread } = played()
    const stopped = thread.stop()
    expect([thread.isAlive, worker.isReferenced]).toEqual([false, true])
    await new Promise(setImmediate)
    expect(worker.terminate).not.toHaveBeenCalled()
    worker.respond({ type: 'loaded' })
    await new Promise(setImmediate)
    expect(worker.terminate).toHaveBeenCalledTimes(1)
    worker.emit('exit', 0)
    await stopped
  })
})
