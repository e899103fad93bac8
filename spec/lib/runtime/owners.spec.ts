import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TarEntry, UnpackPool } from '../../../lib/archive/index.js'
import { digestOf } from '../../../lib/image/index.js'
import { listOwners, writeOwners } from '../../../lib/runtime/index.js'
import type { Store } from '../../../lib/store/index.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const entry = (path: string, more: Partial<TarEntry> = {}): TarEntry => ({
  ...{ path, type: 'file', size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0n, linkTarget: '' },
  ...{ device: undefined, xattrs: new Map(), sparse: false },
  ...more,
})

/** Lists the owners of layers with these entries. `missing`: the position of a layer whose blob is gone. */
async function owners(layers: readonly (readonly TarEntry[])[], missing?: number) {
  const owned = layers.map((_, at) => {
    const digest = digestOf(Buffer.from(`layer ${at}`))
    return { digest, size: at, diffID: digest }
  })
  const read: unknown[] = []
  const store = {
    blobs: {
      has: async (digest: string, size: number) => digest === owned[size]?.digest && size !== missing,
      path: (digest: string) => digest,
    },
  } as unknown as Store
  const pool = {
    read: async (
      { layer }: { readonly layer: { readonly path: string } },
      { onEntry }: { readonly onEntry: (each: TarEntry) => void },
    ) => {
      read.push(layer)
      const at = owned.findIndex(({ digest }) => digest === layer.path)
      for (const each of layers[at]!) onEntry(each)
    },
  } as unknown as UnpackPool
  const lines = await listOwners(owned, { store, pool, signal: new AbortController().signal })
  return { lines: lines?.map((line) => JSON.parse(line) as unknown), read, owned }
}

describe('the list of what an ordinary user cannot set', () => {
  it('has the owners, the mode in octal digits, and nothing that belongs to root', async () => {
    const { lines } = await owners([
      [
        ...[entry('a', { uid: 1 }), entry('b', { gid: 2, mode: 0o4755 }), entry('root')],
        entry('d', { type: 'directory', uid: 3, gid: 3, mode: 0o7 }),
      ],
    ])
    expect(lines).toEqual([
      { path: 'a', type: 'file', uid: 1, gid: 0, mode: '0644' },
      { path: 'b', type: 'file', uid: 0, gid: 2, mode: '4755' },
      { path: 'd', type: 'directory', uid: 3, gid: 3, mode: '0007' },
    ])
  })

  it('has devices, and privileged attributes in base64, also those of root', async () => {
    const xattrs = new Map(['security.capability', 'trusted.a', 'user.b'].map((name) => [name, Buffer.of(1)]))
    const { lines } = await owners([
      [
        entry('null', { type: 'character-device', device: { major: 1, minor: 3 } }),
        entry('ping', { xattrs }),
      ],
    ])
    expect(lines).toEqual([
      { path: 'null', type: 'character-device', uid: 0, gid: 0, mode: '0644', device: [1, 3] },
      {
        ...{ path: 'ping', type: 'file', uid: 0, gid: 0, mode: '0644' },
        xattrs: { 'security.capability': 'AQ==', 'trusted.a': 'AQ==' },
      },
    ])
  })

  it('has the root directory, if a layer gives it an owner', async () => {
    const { lines } = await owners([[entry('.', { type: 'directory', uid: 5 })]])
    expect(lines).toEqual([{ path: '.', type: 'directory', uid: 5, gid: 0, mode: '0644' }])
  })

  it('has a path that is no UTF-8 in base64', async () => {
    const { lines } = await owners([[entry('\xff', { uid: 1 }), entry('\xc3\xa9', { uid: 1 })]])
    expect(lines).toMatchObject([{ path: 'é' }, { pathBase64: '/w==' }])
  })

  it('is that of the flattened tree: the last layer counts, and what it hides is not listed', async () => {
    const { lines, read, owned } = await owners([
      [entry('a', { uid: 1 }), entry('b', { uid: 1 }), entry('c', { uid: 1 })],
      [entry('a', { uid: 2 }), entry('.wh.b'), entry('c')],
    ])
    expect(lines).toMatchObject([{ path: 'a', uid: 2 }])
    expect(read).toEqual(
      owned.map(({ digest, size, diffID }) => ({
        ...{ kind: 'blob', path: digest, expected: { digest, size, diffID } },
      })),
    )
  })

  it('cannot be made if a blob is not in the store', async () => {
    expect((await owners([[entry('a', { uid: 1 })], []], 1)).lines).toBeUndefined()
  })
})

describe('the file of the list', () => {
  it('is new, and has a line for each entry', async () => {
    const path = join(temporaryDirectory(), 'owners.jsonl')
    await writeOwners(path, ['{"path":"a"}', '{"path":"b"}'])
    expect(readFileSync(path, 'utf8')).toBe('{"path":"a"}\n{"path":"b"}\n')
    expect(statSync(path).mode & 0o777).toBe(0o644)
    writeFileSync(path, 'mine')
    await expect(writeOwners(path, [])).rejects.toMatchObject({ code: 'EEXIST' })
    expect(readFileSync(path, 'utf8')).toBe('mine')
  })
})
