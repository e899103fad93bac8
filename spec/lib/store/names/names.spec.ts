import { isDeepStrictEqual } from 'node:util'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, statSync, symlinkSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { IndexDocument } from '../../../../lib/store/names/index-document.js'
import type { NamedImage } from '../../../../lib/store/index.js'
import { syncFileSystemAsync } from '../../../../lib/system/index.js'
import { Child } from '../../../support/store/child.js'
import { diskCalls } from '../../../support/store/disk-calls.js'
import { descriptorOf, putNamed } from '../../../support/store/images-in-a-store.js'
import { TemporaryStores } from '../../../support/store/temporary-store.js'

vi.mock('../../../../lib/system/index.js', async (original) => ({
  ...(await original<object>()),
  syncFileSystemAsync: vi.fn(() => Promise.resolve()),
}))

const name = 'docker.io/library/alpine:3.20'
const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0

describe('names', () => {
  const stores = new TemporaryStores()
  const indexOf = (directory: string): string => join(directory, 'index.json')

  it('keeps the normalised name and the one that was typed (S0-10, S0-59)', async () => {
    const store = await stores.open()
    expect(await store.names.list()).toEqual([])
    const descriptor = await putNamed(store, name, '{}', 'alpine:3.20')
    expect(await store.names.get(name)).toMatchObject({ name, typed: 'alpine:3.20', descriptor })
    expect(await store.names.list()).toHaveLength(1)
    expect(JSON.parse(await readFile(indexOf(store.directory), 'utf8'))).toEqual({
      schemaVersion: 2,
      manifests: [
        {
          ...descriptor,
          annotations: {
            'org.opencontainers.image.ref.name': name,
            'io.windlass.reference.name': name,
            'io.windlass.reference.typed': 'alpine:3.20',
            'io.windlass.entry.sha256': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
          },
        },
      ],
    })
  })

  it('are set after a sync of everything in the store, including content of other processes', async () => {
    const store = await stores.open()
    const { digest } = descriptorOf('{}')
    await store.blobs.put(digest, Buffer.from('{}'))
    const calls = diskCalls(store.directory)
    vi.mocked(syncFileSystemAsync).mockImplementation(async () => void calls.push('sync all'))
    await putNamed(store, name, '{}')
    vi.mocked(syncFileSystemAsync).mockReset()
    const set = calls.findIndex((call) => /^rename staging\/\S+ index.json$/.test(call))
    expect(calls.indexOf('sync all')).toBeGreaterThanOrEqual(0)
    expect(set).toBeGreaterThan(calls.indexOf('sync all'))
    expect(calls.indexOf('sync .')).toBeGreaterThan(set)
  })

  it('are not written again if nothing changes', async () => {
    const store = await stores.open()
    await putNamed(store, name, '{}')
    const inode = (): number => statSync(indexOf(store.directory)).ino
    const before = inode()
    expect(await store.names.remove('no such name')).toBe(false)
    expect(await store.names.removeEntries(() => [])).toEqual([])
    expect(inode()).toBe(before)
    expect(await store.names.remove(name)).toBe(true)
    expect(inode()).not.toBe(before)
  })

  it('parses the file again only if it has changed', async () => {
    const store = await stores.open()
    await putNamed(store, name, '{}')
    const parse = vi.spyOn(IndexDocument, 'parse')
    try {
      for (let times = 0; times < 3; times++) expect(await store.names.get(name)).toBeDefined()
      expect(parse).toHaveBeenCalledTimes(1)
    } finally {
      parse.mockRestore()
    }
    const path = indexOf(store.directory)
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('alpine:3.20', 'alpine:3.21'))
    expect(await store.names.get(name)).toBeUndefined()
  })

  it('finds the same image by name as the list of all images', () => {
    const descriptor = descriptorOf('{}')
    const entry = fc.oneof(
      fc.constantFrom<unknown>(null, 1, 'text', {}, descriptor, { ...descriptor, size: -1 }),
      fc
        .tuple(fc.constantFrom<unknown>('a', 'b', descriptor.digest, 5), fc.constantFrom(2, -1, 7))
        .map(([ref, size]) => ({
          ...{ ...descriptor, size },
          annotations: { 'org.opencontainers.image.ref.name': ref },
        })),
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (manifests) => {
        const index = IndexDocument.parse(JSON.stringify({ schemaVersion: 2, manifests }), 'index.json')
        for (const word of ['a', 'b', 'c', descriptor.digest])
          expect(index.find(word)).toEqual(index.allImages.find((image) => image.name === word))
      }),
    )
  })

  describe('an entry', () => {
    const prepared = async () => {
      const store = await stores.open()
      await putNamed(store, name, '{}', 'alpine:3.20')
      const path = indexOf(store.directory)
      const change = async (from: string | RegExp, to: string): Promise<void> => {
        const text = await readFile(path, 'utf8')
        expect(text).toMatch(from)
        await writeFile(path, text.replace(from, to))
      }
      return { store, change }
    }

    it.each([
      ['its name', 'alpine:3.20"', 'alpine:3.21"'],
      ['the name as typed', '"alpine:3.20"', '"alpine:3.24"'],
      ['its digest', /sha256:./, 'sha256:z'],
      ['its size', '"size":2', '"size":3'],
      ['what says that it has a name', 'image.ref.name', 'image.rdf.name'],
      ['all annotations', '"annotations"', '"annotationr"'],
      ['its check', /"io.windlass.entry.sha256":"./, '"io.windlass.entry.sha256":"-'],
      ['what says that it has a check', 'entry.sha256', 'entry.sha257'],
    ])('that is not as it was written is told of: %s', async (_what, from, to) => {
      const { store, change } = await prepared()
      expect(await store.names.corrupt()).toEqual([])
      await change(from, to)
      expect(await store.names.corrupt()).toHaveLength(1)
      await expect(store.garbage.collect()).rejects.toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringContaining('Nothing was removed') as string,
      })
    })

    it('may have its members in another order, and is repaired when it is set', async () => {
      const { store, change } = await prepared()
      const path = indexOf(store.directory)
      const reversed = (_key: string, value: unknown): unknown =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value
      await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, 'utf8')), reversed, 4))
      expect(await store.names.corrupt()).toEqual([])
      await change('"size": 2', '"size": 3')
      expect(await store.names.isCorrupt(name)).toBe(true)
      await putNamed(store, name, '{}', 'alpine:3.20')
      expect(await store.names.isCorrupt(name)).toBe(false)
    })

    it('detects every flipped bit', async () => {
      const { store } = await prepared()
      await putNamed(store, 'docker.io/library/other:1', '{"other":true}')
      const good = await readFile(indexOf(store.directory))
      const { namedImages } = IndexDocument.parse(good.toString(), 'index.json')
      const unseen: string[] = []
      for (let bit = 0; bit < good.length * 8; bit++) {
        const bytes = Buffer.from(good)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        try {
          const found = IndexDocument.parse(bytes.toString(), 'index.json')
          if (found.corruptEntries.length === 0 && !isDeepStrictEqual(found.namedImages, namedImages))
            unseen.push(bytes.toString('latin1'))
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORE_CORRUPT' })
        }
      }
      expect(unseen).toEqual([])
    })

    it('that another program copied to another name is not corrupt, whether the original exists or not', async () => {
      const { store } = await prepared()
      const path = indexOf(store.directory)
      const document = JSON.parse(await readFile(path, 'utf8')) as { manifests: { annotations: object }[] }
      const [entry] = document.manifests
      const copies = ['copy', `${name}1`, name.replace('3.20', '3.21')].map((copied) => ({
        ...entry,
        annotations: { ...entry?.annotations, 'org.opencontainers.image.ref.name': copied },
      }))
      const [copy, , oneBitAway] = copies
      await writeFile(path, JSON.stringify({ ...document, manifests: [entry, ...copies] }))
      expect(await store.names.corrupt()).toEqual([])
      expect(await store.names.list()).toContainEqual({
        ...{ name: 'copy', typed: 'copy' },
        descriptor: expect.objectContaining({ digest: descriptorOf('{}').digest }) as object,
      })
      await writeFile(path, JSON.stringify({ ...document, manifests: [copy] }))
      expect(await store.names.corrupt()).toEqual([])
      await writeFile(path, JSON.stringify({ ...document, manifests: [oneBitAway] }))
      expect(await store.names.corrupt()).toHaveLength(1)
      const bytes = Buffer.from(JSON.stringify({ ...document, manifests: [entry] }))
      const at = bytes.indexOf('"', bytes.indexOf('image.ref.name') + 20)
      bytes[at + 3]! ^= 0x80
      await writeFile(path, bytes)
      expect(await store.names.corrupt()).toHaveLength(1)
    })

    it('of another program is not checked', async () => {
      const store = await stores.open()
      const entry = { ...descriptorOf('{}'), annotations: { 'org.opencontainers.image.ref.name': 'x' } }
      await writeFile(indexOf(store.directory), JSON.stringify({ schemaVersion: 2, manifests: [entry, 7] }))
      expect(await store.names.corrupt()).toEqual([])
    })
  })

  it('accepts null as an empty list, as Go writes it, but not a missing list', async () => {
    const store = await stores.open()
    await writeFile(indexOf(store.directory), '{"schemaVersion":2,"manifests":null}')
    expect(await store.names.list()).toEqual([])
    await writeFile(indexOf(store.directory), '{"schemaVersion":2,"manifestr":[]}')
    await expect(store.names.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('keeps the index that a manifest was selected from', async () => {
    const store = await stores.open()
    const descriptor = await putNamed(store, 'other:latest', '{}')
    const image: NamedImage = {
      ...{ name, typed: name, rootDigest: descriptorOf('index').digest },
      ...{ rootMediaType: 'application/vnd.oci.image.index.v1+json' },
      descriptor: { ...descriptor, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    }
    await store.names.set(image)
    const { name: found, rootDigest, rootMediaType, descriptor: stored } = (await store.names.get(name))!
    expect({ found, rootDigest, rootMediaType }).toEqual({
      found: name,
      rootDigest: image.rootDigest,
      rootMediaType: image.rootMediaType,
    })
    expect(stored.platform).toEqual({ os: 'linux', architecture: 'arm64', variant: 'v8' })
  })

  it('finds an image that an older version stored under the name as typed', async () => {
    const store = await stores.open()
    const descriptor = await putNamed(store, 'alpine', '{}')
    expect(await store.names.get('docker.io/library/alpine:latest')).toBeUndefined()
    expect(await store.names.get('docker.io/library/alpine:latest', 'alpine')).toMatchObject({ descriptor })
  })

  it('rejects a name whose manifest is not in the store (S0-71)', async () => {
    const store = await stores.open()
    const set = store.names.set({ name, typed: name, descriptor: descriptorOf('absent') })
    await expect(set).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    expect(await store.names.list()).toEqual([])
  })

  it('treats an empty or missing file as no names, with a warning for an empty one (S0-75)', async () => {
    const warnings: string[] = []
    const directory = stores.fresh()
    const store = await stores.open(directory, { onWarning: (message) => warnings.push(message) })
    await writeFile(indexOf(directory), '')
    expect(await store.names.list()).toEqual([])
    expect(warnings).toEqual([expect.stringContaining(indexOf(store.directory))])
    await rm(indexOf(directory))
    expect(await store.names.list()).toEqual([])
    await putNamed(store, name, '{}')
    expect(await store.names.list()).toHaveLength(1)
    expect(warnings).toHaveLength(1)
  })

  it('does not overwrite a file that it cannot read', async () => {
    const store = await stores.open()
    for (const text of [
      '{',
      '[]',
      'null',
      '{"schemaVersion":3,"manifests":[]}',
      '{"schemaVersion":2,"manifests":{}}',
    ]) {
      await writeFile(indexOf(store.directory), text)
      await expect(store.names.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT', exitCode: 7 })
      await expect(putNamed(store, name, '{}')).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
      expect(await readFile(indexOf(store.directory), 'utf8')).toBe(text)
    }
    await rm(indexOf(store.directory))
    symlinkSync('/etc/hostname', indexOf(store.directory))
    await expect(store.names.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
  })

  it('keeps entries of other tools and unknown fields', async () => {
    const store = await stores.open()
    const [descriptor, later] = [descriptorOf('{}'), descriptorOf('{"later":true}')]
    const strangers = [
      {
        ...descriptor,
        artifactType: 'x',
        annotations: { 'org.opencontainers.image.ref.name': 'v1', mine: 'too' },
      },
      { mediaType: 'application/x', unnamed: [1, { deep: null }] },
      'no descriptor at all',
    ]
    const ours = {
      ...descriptor,
      extra: 7,
      annotations: { 'org.opencontainers.image.ref.name': name, kept: 'yes' },
    }
    const document = {
      schemaVersion: 2,
      unknown: { field: true },
      manifests: [...strangers, ours, ours],
      annotations: {},
    }
    const read = async (): Promise<unknown> => JSON.parse(await readFile(indexOf(store.directory), 'utf8'))
    await writeFile(indexOf(store.directory), JSON.stringify(document))
    expect((await store.names.list()).map((image) => image.name)).toEqual(['v1', name, name])
    await putNamed(store, name, '{}', 'typed')
    const check = { 'io.windlass.entry.sha256': expect.stringMatching(/^[0-9a-f]{64}$/) as string }
    const named = {
      ...ours,
      annotations: {
        ...ours.annotations,
        'io.windlass.reference.name': name,
        'io.windlass.reference.typed': 'typed',
        ...check,
      },
    }
    expect(await read()).toEqual({ ...document, manifests: [...strangers, named] })
    await putNamed(store, name, '{"later":true}')
    expect(await read()).toEqual({
      ...document,
      manifests: [
        ...strangers,
        {
          ...later,
          annotations: {
            'org.opencontainers.image.ref.name': name,
            'io.windlass.reference.name': name,
            'io.windlass.reference.typed': name,
            ...check,
          },
        },
      ],
    })
    expect(await store.names.remove(name)).toBe(true)
    expect(await store.names.remove(name)).toBe(false)
    expect(await read()).toEqual({ ...document, manifests: strangers })
  })

  it('behaves like a map, also for names such as __proto__', async () => {
    const anyName = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'a:1', 'b@sha256:c'),
      fc.string({ minLength: 1 }),
    )
    const operation = fc.record({
      kind: fc.constantFrom('set', 'remove'),
      name: anyName,
      text: fc.constantFrom('1', '2'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 10 }), async (operations) => {
        const store = await stores.open()
        const model = new Map<string, string>()
        for (const each of operations) {
          if (each.kind === 'set') {
            await putNamed(store, each.name, each.text)
            model.set(each.name, descriptorOf(each.text).digest)
          } else expect(await store.names.remove(each.name)).toBe(model.delete(each.name))
          expect(
            new Map((await store.names.list()).map((image) => [image.name, image.descriptor.digest])),
          ).toEqual(model)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('loses no name when two processes add names at once', async () => {
    const store = await stores.open()
    const children = ['one', 'two'].map((prefix) => new Child('add-names', store.directory, prefix, '40'))
    const here = Array.from({ length: 20 }, (_, at) => putNamed(store, `here/${at}:latest`, `here ${at}`))
    await Promise.all([...here, ...children.map((child) => child.end())])
    const names = new Set((await store.names.list()).map((image) => image.name))
    expect(names.size).toBe(100)
  })

  const named = [name, 'registry.example.com:5000/team/app_1/x-y:v1.0-rc_2', 'h/a@sha256:'.padEnd(75, '0')]
  it.skipIf(!has('skopeo') || !has('umoci')).each(named)('skopeo and umoci find %s', async (each) => {
    const directory = stores.fresh()
    mkdirSync(stores.directory, { recursive: true })
    execFileSync('umoci', ['init', '--layout', directory])
    execFileSync('umoci', ['new', '--image', `${directory}:made-by-umoci`])
    const store = await stores.open(directory)
    const { descriptor } = (await store.names.get('made-by-umoci'))!
    await store.names.set({ name: each, typed: each, descriptor })
    const inspected = execFileSync('skopeo', ['inspect', '--raw', `oci:${directory}:${each}`])
    expect(inspected).toEqual(await store.blobs.read(descriptor.digest, 10_000))
    execFileSync('umoci', ['stat', '--image', `${directory}:${each}`])
    execFileSync('umoci', ['tag', '--image', `${directory}:${each}`, 'tagged-by-umoci'])
    expect((await store.names.list()).map((image) => image.name).sort()).toEqual(
      ['made-by-umoci', 'tagged-by-umoci', each].sort(),
    )
  })
})
