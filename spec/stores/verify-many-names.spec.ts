/** A store with many names: each that leads to a damaged blob is tried, and what they share is looked at once. */
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import { BlobStore, NameStore } from '../../lib/store/index.js'
import type { Windlass } from '../../puller/index.js'
import { Workbench, blobPath, blobsIn, imageOf } from '../support/workbench.js'

const platform = 'linux/amd64'
const bench = new Workbench()
const image = imageOf(['base', 'app'])

interface Entry {
  readonly digest: string
  readonly annotations: Readonly<Record<string, string>>
}

/** Rewrites the entries of `index.json`. */
async function rewrite(
  puller: Windlass,
  change: (entries: readonly Entry[]) => readonly object[],
): Promise<void> {
  const path = join(puller.store, 'index.json')
  const index = JSON.parse(await readFile(path, 'utf8')) as { readonly manifests: readonly Entry[] }
  await writeFile(path, JSON.stringify({ ...index, manifests: change(index.manifests) }))
}

/** One image by the name of each registry, in this order. */
async function pulledFrom(count: number): Promise<{ puller: Windlass; registries: TestRegistry[] }> {
  const puller = await bench.puller()
  const registries: TestRegistry[] = []
  for (let at = 0; at < count; at++) {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    await puller.pull(`${registry.host}/team/app:1`, { platform }).done
    registries.push(registry)
  }
  return { puller, registries }
}

const gone = (reference: string) => faults.status(404, { reference, times: Infinity })

describe('repair, where several names lead to a blob', () => {
  const parts = [
    ['the manifest', image.manifest.digest],
    ['the config', image.config.digest],
    ['a layer', image.layers[0]!.digest],
  ] as const

  it.each(parts)('brings %s from the first name that still has it', async (_, digest) => {
    const { puller, registries } = await pulledFrom(3)
    await truncate(blobPath(puller.store, digest), 5)
    await registries[0]!.close()
    await registries[1]!.close()
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ digest, repaired: true }])
    expect((await puller.verify()).problems).toEqual([])
  })

  it('brings everything at once, though no name alone has all of it', async () => {
    const { puller, registries } = await pulledFrom(2)
    for (const digest of await blobsIn(puller.store))
      await truncate(blobPath(puller.store, digest as never), 5)
    registries[0]!.addFault(gone(image.manifest.digest))
    registries[1]!.addFault(gone(image.layers[1]!.digest))
    const { problems } = await puller.verify({ repair: true })
    expect(problems.filter(({ repaired }) => !repaired)).toEqual([])
    expect((await puller.verify()).problems).toEqual([])
  })

  it('goes past the name of another tool, which says nothing of where the image is', async () => {
    const { puller } = await pulledFrom(1)
    await rewrite(puller, (entries) => [
      ...['latest', 'a b', 'MyApp'].map((name) => ({
        ...entries[0],
        annotations: { 'org.opencontainers.image.ref.name': name },
      })),
      ...entries,
    ])
    await truncate(blobPath(puller.store, image.layers[0]!.digest), 5)
    expect((await puller.verify({ repair: true })).problems).toMatchObject([{ repaired: true }])
  })

  it('says what became of each name where none has it, and asks each place once', async () => {
    const { puller, registries } = await pulledFrom(2)
    await rewrite(puller, (entries) =>
      entries.flatMap((entry) =>
        ['1', '2', '3'].map((tag) => ({
          ...entry,
          annotations: {
            'org.opencontainers.image.ref.name': entry.annotations[
              'org.opencontainers.image.ref.name'
            ]!.replace(/1$/, tag),
          },
        })),
      ),
    )
    const layer = image.layers[0]!.digest
    await truncate(blobPath(puller.store, layer), 5)
    const asked = registries.map(({ requests }) => requests.length)
    for (const registry of registries) registry.addFault(gone(layer))
    const { problems } = await puller.verify({ repair: true })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ repaired: false, digest: layer })
    expect(problems[0]!.images).toHaveLength(6)
    const { message = '' } = problems[0]!.error ?? {}
    expect(message).toMatch(/^None of the 2 names that need it could repair it: /)
    registries.forEach((registry, at) => {
      expect(message).toContain(registry.host)
      const again = registry.requests.slice(asked[at]).filter(({ reference }) => reference === layer)
      expect(again).toHaveLength(1)
    })
  })
})

describe('verifying many names of one image', () => {
  afterEach(() => vi.restoreAllMocks())

  it('costs as much reading as one name', async () => {
    const reads = async (names: number): Promise<number[]> => {
      const { puller } = await pulledFrom(1)
      await rewrite(puller, (entries) =>
        Array.from({ length: names }, (_, at) => ({
          ...entries[0],
          annotations: { 'org.opencontainers.image.ref.name': `example.com/app:${at}` },
        })),
      )
      const spies = [vi.spyOn(NameStore.prototype, 'get'), vi.spyOn(BlobStore.prototype, 'read')]
      const report = await puller.verify()
      expect(report).toMatchObject({ images: names, problems: [] })
      const counts = spies.map(({ mock }) => mock.calls.length)
      vi.restoreAllMocks()
      return counts
    }
    expect(await reads(200)).toEqual(await reads(1))
  })

  it('ends at once when it is told to, between one name and the next', async () => {
    const { puller } = await pulledFrom(1)
    await rewrite(puller, (entries) =>
      Array.from({ length: 300 }, (_, at) => ({
        ...entries[0],
        annotations: {
          'org.opencontainers.image.ref.name': `example.com/app:${at}`,
          // Makes each an image of its own to whoever reads it.
          'io.windlass.root.digest': `sha256:${String(at).padStart(64, '0')}`,
        },
      })),
    )
    const stop = new AbortController()
    let holds = 0
    const read = vi.spyOn(BlobStore.prototype, 'read').mockImplementation(() => {
      if (++holds === 10) stop.abort()
      return Promise.reject(new Error('not read'))
    })
    await expect(puller.verify({ signal: stop.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(read.mock.calls.length).toBeLessThan(14)
  })
})
