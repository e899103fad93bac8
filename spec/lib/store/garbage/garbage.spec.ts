/** Compares the collector with a model, for random images, names, holds and entries of other tools. It never removes anything that is reachable. */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { type Digest, digestOf, mediaTypes } from '../../../../lib/image/index.js'
import type { CollectProgress, Store } from '../../../../lib/store/index.js'
import { locksAvailable, syncFileSystemAsync } from '../../../../lib/system/index.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import {
  commitLayer,
  descriptorOf,
  diffIDOf,
  layerBlob,
  putNamed,
} from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  syncFileSystemAsync: vi.fn(() => Promise.resolve()),
}))

const listed = (directory: string): string[] => {
  try {
    return readdirSync(directory).map((hex) => `sha256:${hex}`)
  } catch {
    return []
  }
}

/** Digests of the blobs and diffIDs of the layers in the store. */
const contents = ({ directory }: Store): Set<string> =>
  new Set([...listed(join(directory, 'blobs/sha256')), ...listed(join(directory, 'layers/sha256'))])

/** Puts an image of these layers into the store, and returns its descriptor and the digests of its blobs. */
async function putImage(store: Store, title: string, layers: readonly string[], unpacked: boolean) {
  const config = JSON.stringify({ title, rootfs: { type: 'layers', diff_ids: layers.map(diffIDOf) } })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    config: descriptorOf(config, mediaTypes.ociConfig),
    layers: layers.map(layerBlob),
  })
  const parts: Digest[] = []
  for (const text of [config, manifest]) {
    parts.push(digestOf(Buffer.from(text)))
    await store.blobs.put(digestOf(Buffer.from(text)), Buffer.from(text))
  }
  for (const name of layers) {
    await store.blobs.put(layerBlob(name).digest, Buffer.from(`the blob of ${name}`))
    parts.push(layerBlob(name).digest)
    if (!unpacked) continue
    await commitLayer(store, name)
    parts.push(diffIDOf(name))
  }
  return { descriptor: descriptorOf(manifest), parts }
}

const layerNames = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 3 })
const images = fc.uniqueArray(
  fc.record({
    layers: layerNames,
    unpacked: fc.boolean(),
    rooted: fc.constantFrom('named', 'other tool', 'index of another tool', 'held', 'nothing'),
  }),
  { minLength: 1, maxLength: 5, selector: ({ layers }) => layers.join() },
)

describe('collecting garbage', () => {
  const stores = new TemporaryStores()

  it('reports how many items are deleted, and their bytes', async () => {
    const before = await stores.open()
    await putImage(before, 'gone', ['a', 'b'], true)
    await before.close()
    const store = await stores.open(before.directory)
    const reports: CollectProgress[] = []
    const { bytes, removed } = await store.garbage.collect({ onProgress: (each) => reports.push(each) })
    expect(removed.length).toBeGreaterThanOrEqual(6)
    const total = reports.length
    expect(total).toBeGreaterThanOrEqual(removed.length)
    expect(reports.map(({ done }) => done)).toEqual(reports.map((_, index) => index + 1))
    expect(reports.at(-1)).toEqual({ done: total, total, bytes })
    const freed = reports.map((each) => each.bytes)
    expect(freed).toEqual([...freed].sort((x, y) => x - y))
  })

  it('removes exactly the content that no name, no entry and no run references', async () => {
    await fc.assert(
      fc.asyncProperty(images, async (specs) => {
        const store = await stores.open()
        const needed = new Set<string>()
        const others: object[] = []
        const held: Digest[] = []
        for (const [at, { layers, unpacked, rooted }] of specs.entries()) {
          const { descriptor, parts } = await putImage(store, `image ${at}`, layers, unpacked)
          if (rooted === 'nothing') continue
          // A hold on the blob of a layer also keeps the unpacked layer, even if it was unpacked for another image.
          for (const each of rooted === 'held' ? parts : [...parts, ...layers.map(diffIDOf)]) needed.add(each)
          if (rooted === 'named')
            await store.names.set({ name: `image/${at}:latest`, typed: `image/${at}`, descriptor })
          if (rooted === 'other tool') others.push({ ...descriptor, annotations: { 'org.example': 'x' } })
          if (rooted === 'index of another tool') {
            const gone = descriptorOf('never pulled')
            const index = JSON.stringify({ schemaVersion: 2, manifests: [gone, descriptor] })
            const entry = descriptorOf(index, mediaTypes.ociIndex)
            await store.blobs.put(entry.digest, Buffer.from(index))
            needed.add(entry.digest)
            others.push(entry)
          }
          if (rooted === 'held') {
            held.push(...parts)
            for (const name of layers) needed.add(diffIDOf(name))
          }
        }
        const path = join(store.directory, 'index.json')
        const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: object[] }
        writeFileSync(path, JSON.stringify({ ...index, manifests: [...index.manifests, ...others] }))
        await store.release()
        const holder = await stores.open(store.directory)
        await holder.hold(...held)
        const before = contents(store)
        const wanted = new Set([...before].filter((digest) => needed.has(digest)))
        const { removed } = await store.garbage.collect()
        expect(contents(store)).toEqual(wanted)
        expect(new Set(removed.map(({ digest }) => digest))).toEqual(
          new Set([...before].filter((digest) => !wanted.has(digest))),
        )
        for (const { layers, unpacked, rooted } of specs)
          if (unpacked && rooted !== 'nothing')
            for (const name of layers)
              expect(await store.layers.findByBlob(layerBlob(name).digest)).toBeDefined()
        expect(readdirSync(join(store.directory, 'staging')).length).toBe(held.length > 0 ? 2 : 1)
        await holder.close()
        await store.close()
      }),
      { numRuns: 40 },
    )
  })

  it('removes nothing if a document with references is damaged, whatever its size now', async () => {
    for (const size of [0, 1, 5 * 2 ** 20, 70 * 2 ** 20]) {
      const store = await stores.open()
      const { descriptor } = await putImage(store, 'image', ['a', 'b'], true)
      await store.names.set({ name: 'image:latest', typed: 'image', descriptor })
      await store.release()
      const before = contents(store)
      truncateSync(store.blobs.path(descriptor.digest), size)
      await expect(store.garbage.collect()).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('Nothing was removed') as string,
      })
      expect(contents(store)).toEqual(before)
      await store.close()
    }
  })

  it('removes nothing if a document is nested too deeply to be parsed', async () => {
    const store = await stores.open()
    const deep = `{"a":${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}}`
    await putNamed(store, 'deep:latest', deep)
    await store.release()
    const before = contents(store)
    await store.garbage.collect().catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'STORE_CORRUPT' })
    })
    expect(contents(store)).toEqual(before)
    await store.close()
  })

  it('keeps what runs hold until they release it or end, and removes what dead runs held (S0-76)', async () => {
    const store = await stores.open()
    const other = await stores.open(store.directory)
    const put = async (text: string): Promise<Digest> => {
      const { digest } = descriptorOf(text)
      await other.blobs.put(digest, Buffer.from(text))
      return digest
    }
    const digest = await put('kept by who put it')
    expect((await store.garbage.collect()).removed).toEqual([])
    await other.release()
    expect((await store.garbage.collect()).removed).toEqual([{ kind: 'blob', digest, bytes: 18 }])
    await put('another')
    const dead = join(store.directory, 'staging', '0123456789abcdef')
    mkdirSync(dead)
    const orphan = await put('held by a dead run')
    writeFileSync(join(dead, 'holds'), `\n${orphan}`)
    await other.close()
    expect((await store.garbage.collect()).removed).toHaveLength(2)
    expect(contents(store)).toEqual(new Set())
  })

  it.skipIf(!locksAvailable())(
    'counts the files of killed processes separately and once, including those removed when the store was opened',
    async () => {
      const { directory } = await stores.open()
      const leave = (name: string, bytes: number): void => {
        mkdirSync(join(directory, 'staging', name.repeat(16)))
        writeFileSync(join(directory, 'staging', name.repeat(16), 'blob'), Buffer.alloc(bytes, 'x'))
      }
      leave('a', 100_000)
      leave('b', 200_000)
      const store = await stores.open(directory)
      expect(readdirSync(join(directory, 'staging'))).toEqual([])
      leave('c', 400_000)
      // A dry run does not sweep the staging area either.
      const asked = await store.garbage.collect({ dryRun: true })
      expect(asked).toMatchObject({ removed: [], bytes: 0, leftovers: { processes: 2 } })
      expect(asked.leftovers.bytes).toBeGreaterThanOrEqual(300_000)
      expect(asked.leftovers.bytes).toBeLessThan(400_000)
      const { bytes, leftovers } = await store.garbage.collect()
      expect([bytes, leftovers.processes]).toEqual([0, 1])
      expect(leftovers.bytes).toBeGreaterThanOrEqual(400_000)
      expect((await store.garbage.collect()).leftovers).toEqual({ processes: 0, bytes: 0 })
    },
  )

  it.skipIf(!locksAvailable())(
    'adds the files of processes that were killed later to those not reported yet',
    async () => {
      const { directory } = await stores.open()
      const leave = (name: string): unknown => mkdirSync(join(directory, 'staging', name.repeat(16)))
      leave('a')
      const store = await stores.open(directory)
      leave('b')
      expect((await store.garbage.collect()).leftovers.processes).toBe(2)
    },
  )

  it('removes pointers to missing layers, for example of a process that was killed before its commit', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    const pointers = join(store.directory, 'layers', 'by-blob', 'sha256')
    const orphan = join(pointers, 'f'.repeat(64))
    writeFileSync(orphan, `${diffIDOf('never')}\n`)
    expect((await store.garbage.collect()).removed).toEqual([])
    expect(readdirSync(pointers)).toEqual([layerBlob('a').digest.slice(7)])
  })

  it('survives a power failure after each step: sync the names, move the content away, sync that, delete', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await store.blobs.put(digestOf(Buffer.from('x')), Buffer.from('x'))
    await store.release()
    const calls = diskCalls(store.directory)
    vi.mocked(syncFileSystemAsync).mockImplementation(async () => void calls.push('sync all'))
    expect((await store.garbage.collect()).removed).toHaveLength(2)
    vi.mocked(syncFileSystemAsync).mockReset()
    const at = (start: string): number => calls.findIndex((call) => call.startsWith(start))
    const order = [
      at('sync all'),
      at('rename blobs/sha256/'),
      at('rename layers/sha256/'),
      at('sync blobs/sha256'),
      at('sync layers/sha256'),
      at('rename layers/by-blob/sha256/'),
      at('sync layers/by-blob/sha256'),
      calls.findIndex((call) => /^(?:unlink|rmdir) staging\/\w+\/trash/.test(call)),
    ]
    expect(order).not.toContain(-1)
    expect(order).toEqual([...order].sort((one, other) => one - other))
  })

  it('keeps the layer of a blob that a name references, even if no config lists its diffID', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await putNamed(store, 'a:latest', JSON.stringify({ schemaVersion: 2, layers: [layerBlob('a')] }))
    await store.release()
    expect((await store.garbage.collect()).removed).toEqual([])
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
  })

  it('removes nothing in a dry run', async () => {
    const store = await stores.open()
    await commitLayer(store, 'a')
    await store.release()
    const before = contents(store)
    const partial = join(store.directory, 'partial', 'sha256', 'f'.repeat(64))
    mkdirSync(join(partial, '..'), { recursive: true })
    writeFileSync(partial, 'half')
    truncateSync(join(store.directory, 'lock'), 0) // the reserve of space, which a collection would restore
    const { removed } = await store.garbage.collect({ dryRun: true, keepPartials: 0 })
    expect(lstatSync(join(store.directory, 'lock')).size).toBe(0)
    expect(removed.map(({ kind }) => kind)).toEqual(['layer', 'partial'])
    expect(readFileSync(partial, 'utf8')).toBe('half')
    expect(contents(store)).toEqual(before)
    expect(await store.layers.findByBlob(layerBlob('a').digest)).toBeDefined()
  })

  it('keeps a link whose name is that of a blob', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('x')
    await store.blobs.put(digest, Buffer.from('x'))
    await store.release()
    const link = join(store.directory, 'blobs', 'sha256', 'f'.repeat(64))
    symlinkSync(store.blobs.path(digest), link)
    expect((await store.garbage.collect()).removed).toEqual([{ kind: 'blob', digest, bytes: 1 }])
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it('keeps entries whose names are not those of the store', async () => {
    const store = await stores.open()
    await store.blobs.put(digestOf(Buffer.from('x')), Buffer.from('x'))
    await store.release()
    const strange = ['blobs/sha256/notes', 'blobs/readme', 'layers/sha256/short', 'blobs/md5/x']
    for (const path of strange) {
      mkdirSync(join(store.directory, path, '..'), { recursive: true })
      writeFileSync(join(store.directory, path), '')
    }
    expect((await store.garbage.collect()).removed).toHaveLength(1)
    for (const path of strange) readFileSync(join(store.directory, path))
  })

  it('discards damaged content only if its inode is still the same', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('x')
    await store.blobs.put(digest, Buffer.from('x'))
    const path = store.blobs.path(digest)
    expect(await store.garbage.discard({ path, inode: 1n })).toBe(false)
    expect(await store.blobs.has(digest)).toBe(true)
  })

  it('restores damaged content if the replacement fails', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('x')
    await store.blobs.put(digest, Buffer.from('x'))
    const path = store.blobs.path(digest)
    const inode = lstatSync(path, { bigint: true }).ino
    const failing = store.garbage.replace({ path, inode }, () => Promise.reject(new Error('not there')))
    await expect(failing).rejects.toThrow('not there')
    expect(lstatSync(path, { bigint: true }).ino).toBe(inode)
  })

  it('keeps content that has taken its place, even if the commit then fails', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('x')
    await store.blobs.put(digest, Buffer.from('x'))
    const path = store.blobs.path(digest)
    const inode = lstatSync(path, { bigint: true }).ino
    const failing = store.garbage.replace({ path, inode }, () => {
      writeFileSync(path, 'new')
      return Promise.reject(new Error('failed after that'))
    })
    await expect(failing).rejects.toThrow('failed after that')
    expect(readFileSync(path, 'utf8')).toBe('new')
  })

  it('leaves nothing of replaced content in the staging directory', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('x')
    await store.blobs.put(digest, Buffer.from('x'))
    const path = store.blobs.path(digest)
    const inode = lstatSync(path, { bigint: true }).ino
    expect(await store.garbage.replace({ path, inode }, async () => writeFileSync(path, 'new'))).toBe(true)
    expect(readdirSync(await store.stagingDirectory()).sort()).toEqual(['holds', 'lock'])
  })
})
