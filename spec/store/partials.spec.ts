import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../lib/image/index.js'
import { locksAvailable } from '../../lib/system/index.js'
import { Child } from './child.js'
import { TemporaryStores } from './temporary-store.js'

const bytes = Buffer.from('the whole blob')
const digest = digestOf(bytes)

describe('partial downloads', () => {
  const stores = new TemporaryStores()
  const left = (directory: string): Promise<string[]> => readdir(join(directory, 'partial', 'sha256'))

  it('S2-66 keeps the bytes and how they came, for the next one', async () => {
    const directory = stores.fresh()
    const first = await stores.open(directory)
    const partial = await first.partials.acquire(digest)
    expect(partial).toMatchObject({ length: 0, validator: undefined, expectedSize: undefined })
    await partial.record({ validator: '"v1"', expectedSize: bytes.length })
    await appendFile(partial.path, bytes.subarray(0, 5))
    await first.close()
    const second = await stores.open(directory)
    expect(await second.partials.length(digest)).toBe(5)
    const again = await second.partials.acquire(digest)
    expect(again).toMatchObject({ length: 5, validator: '"v1"', expectedSize: bytes.length })
  })

  it('leaves nothing of nothing, and nothing of what became a blob', async () => {
    const store = await stores.open()
    const empty = await store.partials.acquire(digest)
    await empty.record({ expectedSize: 1 })
    await empty.release()
    expect(await left(store.directory)).toEqual([])
    const whole = await store.partials.acquire(digest)
    await whole.record({ expectedSize: bytes.length })
    await appendFile(whole.path, bytes)
    await store.blobs.adopt(whole.path, digest)
    await whole.discard()
    await whole.release()
    await whole.release()
    expect(await left(store.directory)).toEqual([])
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
  })

  it('begins again in the same file after discard', async () => {
    const store = await stores.open()
    const partial = await store.partials.acquire(digest)
    await partial.record({ expectedSize: 9, validator: '"old"' })
    await appendFile(partial.path, 'wrong')
    await partial.discard()
    expect(partial).toMatchObject({ length: 0, validator: undefined })
    await appendFile(partial.path, 'right')
    expect(await readFile(partial.path, 'utf8')).toBe('right')
    await partial.release()
    expect(await store.partials.acquire(digest)).toMatchObject({ length: 5, validator: undefined })
  })

  it('takes a journal that it cannot read for none', async () => {
    const store = await stores.open()
    for (const journal of [
      '',
      '{',
      '[]',
      '{"version":2,"expectedSize":1}',
      '{"version":1,"expectedSize":"1"}',
    ]) {
      const partial = await store.partials.acquire(digest)
      await appendFile(partial.path, 'x')
      writeFileSync(`${partial.path}.json`, journal)
      await partial.release()
      const again = await store.partials.acquire(digest)
      expect(again).toMatchObject({ length: 1, expectedSize: undefined })
      await again.discard()
      await again.release()
    }
  })

  it('takes a link or a directory in its place for nothing, and touches not where it leads', async () => {
    const store = await stores.open()
    const victim = join(stores.directory, 'victim')
    writeFileSync(victim, 'precious')
    const { path } = await store.partials.acquire(digest).then(async (partial) => {
      await partial.release()
      return partial
    })
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(victim, path)
    const partial = await store.partials.acquire(digest)
    expect(partial.length).toBe(0)
    await appendFile(partial.path, 'x')
    expect(await readFile(victim, 'utf8')).toBe('precious')
    await partial.discard()
    await partial.release()
    mkdirSync(join(path, 'below'), { recursive: true })
    expect(await store.partials.acquire(digest)).toMatchObject({ length: 0 })
  })

  it('has one holder at a time, the next one waits', async () => {
    const directory = stores.fresh()
    const [one, two] = [await stores.open(directory), await stores.open(directory)]
    const first = await one.partials.acquire(digest)
    const order: string[] = []
    const second = two.partials.acquire(digest).then((partial) => {
      order.push('acquired')
      return partial
    })
    await delay(60)
    order.push('released')
    await one.blobs.put(digest, bytes)
    await first.release()
    await second
    expect(order).toEqual(['released', 'acquired'])
    expect(await two.blobs.has(digest)).toBe(true)
  })

  it('never has two holders, whoever comes and goes', async () => {
    const directory = stores.fresh()
    const open = await Promise.all(Array.from({ length: 4 }, () => stores.open(directory)))
    let holders = 0
    let most = 0
    const come = async (at: number): Promise<void> => {
      const partial = await open[at % 4]!.partials.acquire(digest)
      most = Math.max(most, ++holders)
      await delay(1)
      holders--
      await partial.release()
    }
    await Promise.all(Array.from({ length: 12 }, (_, at) => come(at)))
    expect(most).toBe(1)
    expect(await left(directory)).toEqual([])
  })

  it.skipIf(!locksAvailable())(
    'waits for other processes too, says for whom, and goes on when they die',
    async () => {
      const store = await stores.open()
      const child = new Child('hold-partial', store.directory, digest)
      await child.line()
      const stopped = store.partials.acquire(digest, { signal: AbortSignal.timeout(50) })
      await expect(stopped).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringMatching(
          new RegExp(
            `^Stopped waiting after \\d+\\.\\d s for .*, which process ${child.process.pid} has locked$`,
          ),
        ) as string,
      })
      const controller = new AbortController()
      const cancelled = store.partials.acquire(digest, { signal: controller.signal })
      controller.abort()
      await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
      const waiting = store.partials.acquire(digest)
      await child.kill()
      await expect(waiting).resolves.toMatchObject({ length: 0 })
    },
  )

  it('is let go of when the store is closed', async () => {
    const directory = stores.fresh()
    const store = await stores.open(directory)
    await store.partials.acquire(digest)
    await store.close()
    expect(existsSync(join(directory, 'partial', 'sha256'))).toBe(true)
    expect(await left(directory)).toEqual([])
  })
})
