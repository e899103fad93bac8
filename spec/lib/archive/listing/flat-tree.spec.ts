import fc from 'fast-check'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FlatTree } from '../../../../lib/archive/listing/flat-tree.js'
import { toListedFile, type ListedFile, utf8Of } from '../../../../lib/archive/listing/listed-file.js'
import { TarReader, describeTree, type TreeEntry } from '../../../../lib/archive/index.js'
import { WindlassError, asWindlassError } from '../../../../lib/errors.js'
import { corpus } from '../../../../testbench/corpus/index.js'
import { isRefused } from '../../../../testbench/corpus/layer-case.js'
import { decompressPrefix } from '../../../../testbench/corpus/playground.js'
import { layers } from '../../../support/archive/random-layers.js'
import {
  applyTo,
  directory,
  file,
  hardlink,
  type Made,
  scratch,
  whiteout,
} from '../../../support/archive/scratch.js'

const asRoot = process.geteuid?.() === 0

/** A listed file in the form of `describeTree`, without the digest of its content. */
const described = (listed: ListedFile): Omit<TreeEntry, 'sha256'> => {
  const { rawPath, type, mode, uid, gid, size, mtime, linkTarget, hardlink, device, xattrs } = listed
  return {
    ...{ path: rawPath, mode, uid, gid, size, mtime },
    type: type === 'character-device' ? 'character' : type === 'block-device' ? 'block' : type,
    xattrs: new Map([...(xattrs ?? [])].map(([name, value]) => [name, value.toString('latin1')])),
    ...(linkTarget !== undefined && { target: linkTarget }),
    ...(hardlink !== undefined && { hardlink: hardlink.slice(1) }),
    ...(device && { device }),
  }
}

const without = (entry: object, key: string): object =>
  Object.fromEntries(Object.entries(entry).filter(([name]) => name !== key))

/** The entries of the tree on disk, without the digests of content and without the root, which a listing omits. */
const onDisk = async (root: string) =>
  (await describeTree(root))
    .filter(({ path }) => path !== '.')
    .map(({ target, hardlink, xattrs, ...entry }) => ({
      ...without(entry, 'sha256'),
      xattrs: new Map([...xattrs].map(([name, value]) => [utf8Of(name), value])),
      ...(target !== undefined && { target: utf8Of(target) }),
      ...(hardlink !== undefined && { hardlink: utf8Of(hardlink) }),
    }))

/** Adds entries to the tree, and returns the index of the first refused entry, or -1. */
function flattened(tree: FlatTree, entries: readonly Made[]): number {
  tree.nextLayer()
  for (const [index, entry] of entries.entries()) {
    try {
      tree.apply(entry, index)
    } catch (error) {
      if (error instanceof WindlassError && error.code === 'LAYER_INVALID') return index
      throw error
    }
  }
  return -1
}

describe('a flat tree', () => {
  it.each([
    ['a directory', 'a', 'a/b'],
    ['a directory further up', 'a', 'a/c/d'],
  ])('refuses a hard link that replaces the directory of its target: %s', (_, path, target) => {
    const tree = new FlatTree()
    expect(flattened(tree, [directory('a'), file('a/b'), file('a/c/d'), hardlink(path, target)])).toBe(3)
  })

  it('limits the directories that each layer creates, not those of all layers', () => {
    const tree = new FlatTree(2)
    expect(flattened(tree, [directory('a'), directory('b')])).toBe(-1)
    expect(flattened(tree, [directory('c'), file('d/x')])).toBe(-1)
    const beyond = (): number => flattened(tree, [directory('e'), directory('f'), directory('g')])
    expect(beyond).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }) as Error)
  })
})

describe('FlatTree', () => {
  it('equals the tree on the disk, for random layers', async () => {
    const { root } = await scratch()
    let run = 0
    await fc.assert(
      fc.asyncProperty(layers, async (all) => {
        const own = join(root, String(run++))
        mkdirSync(own)
        const tree = new FlatTree()
        for (const layer of all) {
          const refused = flattened(tree, layer)
          // The entries before the refused one are unpacked, and the tree must equal the result.
          const accepted = refused < 0 ? layer : layer.slice(0, refused)
          applyTo({ root: own, whiteouts: 'apply' }, accepted)
          if (refused >= 0)
            expect(() => applyTo({ root: own, whiteouts: 'apply' }, [layer[refused]!])).toThrow(WindlassError)
          if (refused >= 0) break
          const listed = tree.entries().map(toListedFile).map(described)
          const expected = await onDisk(own)
          const comparable = asRoot
            ? expected
            : expected.map((each, at) => ({ ...each, ...ownerOf(listed[at]) }))
          expect(listed).toEqual(comparable)
        }
        rmSync(own, { recursive: true })
      }),
      { numRuns: 300 },
    )
  })

  it.runIf(asRoot).each(corpus.map((each) => [each.name, each] as const))(
    'is that of the corpus: %s',
    async (_name, { layers: blobs, flat }) => {
      const tree = new FlatTree()
      const { root } = await scratch()
      let error: WindlassError | undefined
      const all: Made[][] = []
      try {
        for (const blob of blobs) {
          const { archive, error: damaged } = await decompressPrefix(blob)
          if (damaged) throw damaged
          tree.nextLayer()
          let ordinal = 0
          const entries: Made[] = []
          all.push(entries)
          const reader = new TarReader({
            entry: (entry) => {
              tree.apply(entry, ordinal++)
              entries.push({ ...entry })
            },
            data: () => undefined,
            end: () => undefined,
          })
          reader.write(archive)
          reader.finish()
        }
      } catch (thrown) {
        error = asWindlassError(thrown)
      }
      if (isRefused(flat) && error !== undefined) {
        expect(error.code).toBe(flat.refused)
        return
      }
      expect(error).toBeUndefined()
      // A listing does not refuse what only the disk or the content of a file makes impossible.
      if (isRefused(flat)) return
      for (const layer of all) applyTo({ root, whiteouts: 'apply' }, layer)
      const sizes = (entry: object) => without(entry, 'size')
      expect(tree.entries().map(toListedFile).map(described).map(sizes)).toEqual(
        (await onDisk(root)).map(sizes),
      )
    },
  )

  it('reports the layer of each entry, and directories without an entry', () => {
    const tree = new FlatTree()
    flattened(tree, [directory('a'), file('a/x'), file('b/y')])
    flattened(tree, [whiteout('a/.wh.x'), file('b/z'), directory('c')])
    const found = tree.entries().map(toListedFile)
    expect(found.map(({ path, layer }) => `${path} ${layer ?? '-'}`)).toEqual([
      '/a 0',
      '/b -',
      '/b/y 0',
      '/b/z 1',
      '/c 1',
    ])
  })

  it('accepts as many directories as the limit allows', () => {
    const tree = new FlatTree(3)
    expect(flattened(tree, [file('a/b/c/x')])).toBe(-1)
    expect(() => flattened(tree, [file('a/b/c/d/e/f/g/x')])).toThrow(/layerDirectories/)
  })
})

const ownerOf = (listed: Omit<TreeEntry, 'sha256'> | undefined) => ({ uid: listed?.uid, gid: listed?.gid })
