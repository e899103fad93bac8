/** Downloads that another process holds: who waits says for whom, and goes another way where nothing comes. */
import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../lib/image/index.js'
import { downloadWaitMs, type HeldDownload } from '../../lib/store/partial/download-watch.js'
import { locksAvailable } from '../../lib/system/index.js'
import { Child } from '../support/store/child.js'
import { TemporaryStores } from '../support/store/temporary-store.js'

const bytes = Buffer.from('the whole blob')
const digest = digestOf(bytes)
const another = digestOf(Buffer.from('another blob'))

describe.skipIf(!locksAvailable())('a download that another process holds', () => {
  const stores = new TemporaryStores()
  const children: Child[] = []
  const before = { ...downloadWaitMs }
  beforeEach(() => {
    Object.assign(downloadWaitMs, { notice: 200, stalled: 1_000, total: 20_000, interval: 20 })
  })
  afterEach(async () => {
    Object.assign(downloadWaitMs, before)
    for (const child of children.splice(0)) await child.kill()
  })

  async function held(directory: string, script: string, ...digests: string[]): Promise<Child> {
    const child = new Child(script, directory, ...digests)
    children.push(child)
    await child.line()
    return child
  }

  it('by a stopped process is told, with who that is, and made apart after a while', async () => {
    const store = await stores.open()
    const child = await held(store.directory, 'grow-partial', digest)
    child.process.kill('SIGSTOP')
    const told: HeldDownload[] = []
    const began = performance.now()
    const partial = await store.partials.acquire(digest, { onHeld: (each) => told.push(each) })
    const waited = performance.now() - began
    expect(waited).toBeGreaterThan(900)
    const holder = `process ${child.process.pid} (stopped)`
    expect(told).toEqual([
      {
        digest,
        code: 'download-held',
        message: `Waiting for ${holder}, which is downloading ${digest}`,
      },
      {
        ...{ digest, code: 'download-apart' },
        message: expect.stringMatching(
          `^Downloading ${digest} separately: process ${child.process.pid} \\(stopped\\) has the download and made no progress for [\\d.]+ seconds?$`,
        ) as string,
      },
    ])
    expect(partial.length).toBe(0)
    expect(partial.path.startsWith(await store.stagingDirectory())).toBe(true)
    await appendFile(partial.path, bytes)
    await store.blobs.adopt(partial.path, digest)
    await partial.discard()
    await partial.release()
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
    expect(await readdir(await store.stagingDirectory())).toEqual(expect.not.arrayContaining(['download-1']))
    // What the other has is as it was.
    expect(await readdir(join(store.directory, 'partial', 'sha256'))).toHaveLength(2)
  })

  it('leaves nothing of a download that was made apart and broke off', async () => {
    const store = await stores.open()
    await held(store.directory, 'hold-partial', digest)
    const partial = await store.partials.acquire(digest)
    await partial.record({ expectedSize: 100 })
    await appendFile(partial.path, 'part of it')
    await partial.release()
    expect(
      (await readdir(await store.stagingDirectory())).filter((name) => name.startsWith('download')),
    ).toEqual([])
  })

  it.each([
    ['the download itself', [digest]],
    ['another that its process has before it', [digest, another]],
  ])('is waited for as long as something comes of %s', async (_title, digests) => {
    const store = await stores.open()
    const child = await held(store.directory, 'grow-partial', ...digests)
    let acquired = false
    const acquiring = store.partials.acquire(digest).then((partial) => {
      acquired = true
      return partial
    })
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(acquired).toBe(false)
    child.process.kill('SIGKILL')
    const partial = await acquiring
    expect(partial.path).toContain(join('partial', 'sha256'))
  })

  it('is waited for while its process unpacks what has come whole, but not where that is stopped', async () => {
    const store = await stores.open()
    const child = await held(store.directory, 'hold-partial', digest)
    const path = join(store.directory, 'partial', ...digest.split(':'))
    await appendFile(path, bytes)
    let apart = false
    const acquiring = store.partials.acquire(digest, { size: bytes.length }).then(() => (apart = true))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect(apart).toBe(false)
    child.process.kill('SIGSTOP')
    await acquiring
  })

  it('is waited for no longer than the limit, even if more comes', async () => {
    Object.assign(downloadWaitMs, { total: 1_500 })
    const store = await stores.open()
    const child = await held(store.directory, 'grow-partial', digest)
    await expect(store.partials.acquire(digest)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringMatching(
        `^Waited [\\d.]+ seconds for the download of ${digest}, which process ${child.process.pid} holds$`,
      ),
      hint: `Wait until it ends, or end it with “kill ${child.process.pid}”.`,
    })
  })

  it('is given up at once when the signal says so', async () => {
    const store = await stores.open()
    await held(store.directory, 'hold-partial', digest)
    const stop = new AbortController()
    const acquiring = store.partials.acquire(digest, { signal: stop.signal })
    setTimeout(() => stop.abort(), 300)
    const began = performance.now()
    await expect(acquiring).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
