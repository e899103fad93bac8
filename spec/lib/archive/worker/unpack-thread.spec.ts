/** The system can refuse to start a thread (EAGAIN), because the limit of processes of a user also counts threads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UnpackPool } from '../../../../lib/archive/index.js'
import { packEntries } from '../../../../lib/testing/images/index.js'

vi.mock('node:worker_threads', { spy: true })

describe('a thread that the system refuses to start', () => {
  let top: string
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'windlass-threads-'))
    writeFileSync(join(top, 'blob'), packEntries([{ path: 'a', content: 'a' }]))
  })
  afterEach(() => rmSync(top, { recursive: true }))
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
