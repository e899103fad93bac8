/**
 * Threads that end too early. The system can also refuse to start a thread (EAGAIN), because the limit of processes of a user
 * counts threads as well.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UnpackPool } from '../../../../lib/archive/index.js'
import type { Job } from '../../../../lib/archive/worker/task.js'
import { UnpackThread } from '../../../../lib/archive/worker/unpack-thread.js'
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
