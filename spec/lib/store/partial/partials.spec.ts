import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf, parseDigest } from '../../../../lib/image/index.js'
import type { Store } from '../../../../lib/store/index.js'
import { locksAvailable } from '../../../../lib/system/index.js'
import { Child } from '../../../support/store/child.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

const bytes = Buffer.from('the whole blob')
const digest = digestOf(bytes)

describe('partial downloads', () => {
  const stores = new TemporaryStores()
  const leftFiles = (directory: string): Promise<string[]> => readdir(join(directory, 'partial', 'sha256'))

  it('keeps the bytes and their journal for the next download (S2-66)', async () => {
    const directory = stores.fresh()
    const first = await stores.open(directory)
    const partial = await first.partials.acquire(digest)
    expect(partial).toMatchObject({ length: 0, from: undefined, expectedSize: undefined })
    expect(partial.validatorOf('a')).toBeUndefined()
    await partial.record({ validator: '"v1"', from: 'a', expectedSize: bytes.length })
    await appendFile(partial.path, bytes.subarray(0, 5))
    await first.close()
    const second = await stores.open(directory)
    expect(await second.partials.length(digest)).toBe(5)
    const again = await second.partials.acquire(digest)
    expect(again).toMatchObject({ length: 5, from: 'a', expectedSize: bytes.length })
    expect(again.validatorOf('a')).toBe('"v1"')
    expect(again.validatorOf('b')).toBeUndefined()
  })

  it('uses the validator of a journal without a server for any server', async () => {
    const store = await stores.open()
    const partial = await store.partials.acquire(digest)
    await partial.record({ validator: '"v1"', expectedSize: bytes.length })
    expect(partial.validatorOf('anybody')).toBe('"v1"')
  })

  it('leaves no files of an empty download or of one that became a blob', async () => {
    const store = await stores.open()
    const empty = await store.partials.acquire(digest)
    await empty.record({ expectedSize: 1 })
    await empty.release()
    expect(await leftFiles(store.directory)).toEqual([])
    const whole = await store.partials.acquire(digest)
    await whole.record({ expectedSize: bytes.length })
    await appendFile(whole.path, bytes)
    await store.blobs.adopt(whole.path, digest)
    await whole.discard()
    await whole.release()
    await whole.release()
    expect(await leftFiles(store.directory)).toEqual([])
    expect(await store.blobs.read(digest, 100)).toEqual(bytes)
  })

  it('starts again in the same file after discard', async () => {
    const store = await stores.open()
    const partial = await store.partials.acquire(digest)
    await partial.record({ expectedSize: 9, validator: '"old"', from: 'a' })
    await appendFile(partial.path, 'wrong')
    await partial.discard()
    expect(partial).toMatchObject({ length: 0, from: undefined })
    expect(partial.validatorOf('a')).toBeUndefined()
    await appendFile(partial.path, 'right')
    expect(await readFile(partial.path, 'utf8')).toBe('right')
    await partial.release()
    expect(await store.partials.acquire(digest)).toMatchObject({ length: 5, from: undefined })
  })

  it('ignores a journal that it cannot read', async () => {
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

  it('replaces a link or directory at its path without changing the target of the link', async () => {
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

  it('is unlocked again if it cannot be opened', async () => {
    const store = await stores.open()
    const path = join(store.directory, 'partial', ...digest.split(':'))
    await mkdir(`${path}.json`, { recursive: true })
    await expect(store.partials.acquire(digest)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await rm(`${path}.json`, { recursive: true })
    expect(await store.partials.acquire(digest, { signal: AbortSignal.timeout(5_000) })).toMatchObject({
      length: 0,
    })
  })

  it('has length 0 if its path is not a regular file', async () => {
    const store = await stores.open()
    await mkdir(join(store.directory, 'partial', ...digest.split(':')), { recursive: true })
    expect(await store.partials.length(digest)).toBe(0)
  })

  it('has one holder at a time, and the next one waits', async () => {
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

  it('never has two holders, with any number of callers', async () => {
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
    expect(await leftFiles(directory)).toEqual([])
  })

  it.skipIf(!locksAvailable())(
    'waits for other processes, names them, and continues when they die',
    async () => {
      const store = await stores.open()
      const child = new Child('hold-partial', store.directory, digest)
      await child.line()
      const stopped = store.partials.acquire(digest, { signal: AbortSignal.timeout(50) })
      await expect(stopped).rejects.toMatchObject({
        code: 'STORE_LOCKED',
        message: expect.stringMatching(
          new RegExp(
            `^Stopped waiting after [\\d.]+ seconds? for .*, which process ${child.process.pid} has locked$`,
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

  describe('within a budget', () => {
    const named = (letter: string): Digest => parseDigest(`sha256:${letter.repeat(64)}`)

    /** Leaves `size` bytes of a download that is younger than all earlier ones. */
    let clock = 1_000_000
    async function leave(directory: string, letter: string, size = 100): Promise<void> {
      const path = join(directory, 'partial', ...named(letter).split(':'))
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, Buffer.alloc(size))
      await writeFile(`${path}.json`, '{"version":1,"expectedSize":1000}')
      clock += 60
      await utimes(path, clock, clock)
    }
    const here = async (directory: string): Promise<string> =>
      (await leftFiles(directory))
        .filter((name) => !name.includes('.'))
        .map((name) => name[0])
        .sort()
        .join('')

    it('removes the oldest before the first new download, and checks again only after something is left', async () => {
      const { directory } = await stores.open()
      for (const letter of 'abcd') await leave(directory, letter)
      const store = await stores.open(directory, { keepPartials: 250 })
      expect(await here(directory)).toBe('abcd') // who downloads nothing looks for nothing
      const first = await store.partials.acquire(named('e'))
      expect(await here(directory)).toBe('cde')
      expect(await leftFiles(directory)).not.toContain(`${named('a').slice(7)}.json`)
      for (const letter of 'f9') await leave(directory, letter)
      const second = await store.partials.acquire(named('0'))
      expect(await here(directory)).toBe('09cdef')
      await appendFile(second.path, 'some')
      await second.release()
      await (await store.partials.acquire(named('1'))).release()
      expect(await here(directory)).toBe('09ef') // of 204 bytes; the next older one would make 304
      await first.release()
    })

    it('is enforced when this run has no active downloads, and when the store is closed', async () => {
      for (const end of [(store: Store) => store.release(), (store: Store) => store.close()]) {
        const { directory } = await stores.open()
        const store = await stores.open(directory, { keepPartials: 7 })
        for (const letter of 'ab') {
          const partial = await store.partials.acquire(named(letter))
          await store.hold(named(letter))
          await appendFile(partial.path, 'bytes')
          clock += 60
          await utimes(partial.path, clock, clock)
          await partial.release()
        }
        expect(await here(directory)).toBe('ab') // both are needed by this run
        await end(store)
        expect(await here(directory)).toBe('b')
      }
    })

    it('never removes a download that is active or about to be continued', async () => {
      const { directory } = await stores.open()
      for (const letter of 'abcd') await leave(directory, letter)
      const other = await stores.open(directory)
      await other.partials.acquire(named('a'))
      await other.hold(named('c'))
      const store = await stores.open(directory, { keepPartials: 0 })
      const mine = await store.partials.acquire(named('b'))
      expect(mine.length).toBe(100)
      expect(await here(directory)).toBe('abc')
      await mine.release()
      await other.close()
      await store.close()
      expect(await here(directory)).toBe('')
    })

    it.skipIf(!locksAvailable())('does not remove a download that is active in another process', async () => {
      const { directory } = await stores.open()
      await leave(directory, 'a')
      const child = new Child('hold-partial', directory, named('a'))
      await child.line()
      const store = await stores.open(directory, { keepPartials: 0 })
      const own = await store.partials.acquire(named('b'))
      expect(await here(directory)).toBe('ab')
      await child.kill()
      await appendFile(own.path, 'x')
      await own.release()
      await store.close()
      expect(await here(directory)).toBe('')
    })

    it('counts interrupted downloads, but not active ones', async () => {
      const { directory } = await stores.open()
      for (const letter of 'ab') await leave(directory, letter)
      const other = await stores.open(directory)
      await other.partials.acquire(named('b'))
      const store = await stores.open(directory, { keepPartials: 100 })
      await store.partials.acquire(named('c'))
      expect(await here(directory)).toBe('abc')
    })

    it('orders by time alone: a wrong clock costs at most a download', async () => {
      const { directory } = await stores.open()
      await leave(directory, 'a')
      const future = join(directory, 'partial', ...named('a').split(':'))
      await utimes(future, 9e9, 9e9)
      for (const letter of 'bc') await leave(directory, letter)
      await utimes(join(directory, 'partial', ...named('c').split(':')), 0, 0)
      const store = await stores.open(directory, { keepPartials: 200 })
      await store.partials.acquire(named('d'))
      expect(await here(directory)).toBe('abd')
    })

    it('does not fail a download if nothing can be removed', async () => {
      const { directory } = await stores.open()
      const warnings: string[] = []
      const store = await stores.open(directory, {
        keepPartials: 0,
        onWarning: (text) => warnings.push(text),
      })
      await leave(directory, 'a')
      // A directory has the path of the lock file.
      await mkdir(join(directory, 'partial', 'sha256', `${named('a').slice(7)}.lock`))
      expect(await store.partials.acquire(named('b'))).toMatchObject({ length: 0 })
      expect(warnings).toEqual([
        expect.stringContaining('Failed to limit the space of interrupted downloads at '),
      ])
    })
  })

  it('is released when the store is closed', async () => {
    const directory = stores.fresh()
    const store = await stores.open(directory)
    await store.partials.acquire(digest)
    await store.close()
    expect(existsSync(join(directory, 'partial', 'sha256'))).toBe(true)
    expect(await leftFiles(directory)).toEqual([])
  })
})
