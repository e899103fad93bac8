import { finished } from 'node:stream/promises'
import { describe, expect, it, vi } from 'vitest'
import { defaultLimits } from '../../lib/limits.js'
import { parsePlatform } from '../../lib/image/index.js'
import { openStore } from '../../lib/store/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { FileReads } from '../../puller/file-reads.js'
import { locatedAs } from '../../puller/names/located.js'
import { open } from '../../puller/index.js'
import type { RunningOperation } from '../../puller/running-operation.js'
import { listenedTo } from '../support/listened-to.js'
import { MemorySource } from '../support/laws/memory-source.js'
import { putNamed } from '../support/store/images-in-a-store.js'
import { until } from '../support/watching.js'
import { Workbench, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'

describe('a puller that reads files', () => {
  const bench = new Workbench()

  async function served(names = ['base', 'app']) {
    const registry = await bench.registry()
    const image = imageOf(names)
    await putImage(registry, 'team/app', '1', image)
    return { registry, image, name: `${registry.host}/team/app:1` }
  }

  it('closes after a read of an image that could not be found', async () => {
    const { registry } = await served()
    // The bench would wait for a puller that does not close.
    const puller = await open({ store: bench.path() })
    const missing = `${registry.host}/team/app:none`
    const unknown = { code: 'MANIFEST_UNKNOWN' }
    await expect(puller.file(missing, 'base')).rejects.toMatchObject(unknown)
    await expect(puller.files(missing)[Symbol.asyncIterator]().next()).rejects.toMatchObject(unknown)
    await puller.close({ within: 5_000 })
  })

  it('takes them from the store without a request, and a file to verify from the registry if its blob is gone', async () => {
    const { registry, name } = await served()
    const puller = await bench.puller()
    await puller.pull(name, { platform, discardBlobs: true }).done
    const before = registry.requests.length
    const { stream, verified } = await puller.file(name, 'app', { platform })
    await finished(stream.resume())
    expect([verified, registry.requests.length]).toEqual([false, before])
    const other = await puller.file(name, 'app', { platform, verify: true })
    await finished(other.stream.resume())
    expect(other.verified).toBe(true)
    expect(registry.requests.length).toBeGreaterThan(before)
  })

  it('has no other place for an image of the store whose name is no reference', async () => {
    const puller = await bench.puller()
    const store = await openStore(puller.store)
    await putNamed(store, 'My App', imageOf(['app']).manifest.bytes.toString())
    await store.close()
    await expect(puller.file('My App', 'app')).rejects.toMatchObject({
      message: expect.stringContaining('The store has only a part of My App') as string,
    })
  })

  it('sends no request once its signal has aborted, and ends a request when it aborts', async () => {
    const { registry, name } = await served()
    const puller = await bench.puller()
    const read = (signal: AbortSignal) =>
      puller.files(name, { platform, signal })[Symbol.asyncIterator]().next()
    const cancelled = { code: 'CANCELLED', message: 'The reading of the image was cancelled' }
    await expect(read(AbortSignal.abort())).rejects.toMatchObject(cancelled)
    expect(registry.requests).toEqual([])
    registry.addFault(faults.stall(10, { times: Infinity }))
    const stop = new AbortController()
    const reading = expect(read(stop.signal)).rejects.toMatchObject(cancelled)
    await until(() => registry.appliedFaults.length > 0)
    stop.abort()
    await reading
  })

  it('ends the stream of a file when its signal aborts, or the puller is closed', async () => {
    const { name } = await served()
    const puller = await bench.puller()
    const stop = new AbortController()
    const { stream } = await puller.file(name, 'app', { platform, signal: stop.signal })
    stop.abort()
    await expect(finished(stream)).rejects.toMatchObject({ code: 'CANCELLED' })
    const unread = await puller.file(name, 'app', { platform })
    await puller.close({ within: 5_000 })
    expect(unread.stream.errored).toMatchObject({ code: 'CANCELLED' })
  })
})

describe('the read of a file', () => {
  const image = imageOf(['base', 'app'])

  /** Reads from a source in memory, whose end is counted. */
  async function scene() {
    const source = Object.assign(new MemorySource(), { close: vi.fn(() => Promise.resolve()) })
    await putImage(source, 'team/app', '1', image)
    const operations: RunningOperation[] = []
    const reads = new FileReads({
      ...{ limits: defaultLimits, foreignUrls: undefined, requireSignatures: false },
      retry: { attempts: 1, delay: 0, longestRetryAfter: 0 },
      openIfExists: () => Promise.resolve(undefined),
      register: (read) => void operations.push(read),
    })
    const located = (target: string) =>
      locatedAs({
        ...{ name: `memory.example/team/app:${target}`, typed: 'app', target, digest: undefined, source },
        platform: parsePlatform(platform),
      })
    return { source, reads, located, operations }
  }

  it('is registered until it has ended, and closes the source then, whether it succeeds or fails', async () => {
    const { source, reads, located, operations } = await scene()
    const { stream } = await reads.open(located('1'), 'app', {})
    expect(operations.map(({ running }) => running)).toEqual([['the files of memory.example/team/app:1']])
    expect(source.close).not.toHaveBeenCalled()
    await finished(stream.resume())
    await operations[0]!.closed()
    await expect(reads.open(located('1'), 'none', {})).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
    await operations[1]!.closed()
    await expect(reads.open(located('none'), 'app', {})).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    await operations[2]!.closed()
    expect(source.close).toHaveBeenCalledTimes(3)
    const names: string[] = []
    for await (const { path } of reads.list(located('1'), {})) {
      names.push(path)
      break
    }
    await operations[3]!.closed()
    expect([names.length, source.close.mock.calls.length]).toEqual([1, 4])
  })

  it('leaves no listener on its signal', async () => {
    const { reads, located, operations } = await scene()
    const listeners = listenedTo()
    const { signal } = new AbortController()
    const { stream } = await reads.open(located('1'), 'app', { signal })
    await finished(stream.resume())
    await operations[0]!.closed()
    expect(listeners()).toBe(0)
  })

  it('lists directories below the path unless only its children are wanted', async () => {
    const { source, reads, located } = await scene()
    await putImage(source, 'team/app', '2', imageOf([]))
    const paths = async (recursive?: boolean) => {
      const found: string[] = []
      const options = recursive === undefined ? {} : { recursive }
      for await (const { path } of reads.list(located('1'), options)) found.push(path)
      return found.length
    }
    expect([await paths(), await paths(false)]).toEqual([2, 2])
  })
})
