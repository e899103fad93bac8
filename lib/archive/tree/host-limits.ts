/**
 * Which differences between the tree that a layer gives and the one on disk come of the machine and not of damage: an
 * owner that nobody here may set, an attribute or a time that the file system does not hold. What this process and file
 * system do is tried out on a file of its own where there is room for one.
 */
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cannotGiveAway, hasCapability, isInUserNamespace } from '../../system/index.js'
import { LayerApplier } from '../rootfs/layer-applier.js'
import { isOfImages } from '../rootfs/xattrs.js'
import type { EntryType, TarEntry } from '../tar/entry.js'
import { isOverlayXattr, opaqueXattr, opaqueXattrs } from '../whiteouts/form.js'
import type { Difference } from './compare-trees.js'
import { describeTree } from './describe-tree.js'
import type { TreeAttribute } from './attributes.js'
import type { TreeEntry, TreeEntryType } from './entry.js'

/** Whether a difference is damage. `unknown`: it may come of the machine, and that could not be tried out. */
export type Verdict = 'damage' | 'machine' | 'unknown'

export interface HostLimitsOptions {
  /** The root of the tree on disk. */
  readonly tree: string
  /** What is on disk there; the root first. */
  readonly entries: readonly TreeEntry[]
  /** A directory on the same file system in which files may be made; none where nothing may be written. */
  readonly scratch: string | undefined
}

/** Enough for every kind of trouble; a tree with more is damaged. */
const maxProbes = 2_000

const types: Partial<Record<TreeEntryType, EntryType>> = {
  ...{ file: 'file', directory: 'directory', symlink: 'symlink', fifo: 'fifo' },
  ...{ character: 'character-device', block: 'block-device' },
}

export class HostLimits {
  /** The tree was made by, or is looked at by, somebody who may not set what only root may. */
  readonly #ordinary: boolean
  readonly #owner: TreeEntry | undefined
  readonly #known = new Map<string, Promise<TreeEntry | 'left out' | undefined>>()

  constructor(private readonly options: HostLimitsOptions) {
    // What a layer of the store stands in belongs to whom it was made for.
    const { uid } = lstatSync(dirname(options.tree))
    this.#ordinary = uid !== 0 || cannotGiveAway() !== undefined
    this.#owner = options.entries[0]
  }

  async decide({ attribute, left, right, entries }: Difference): Promise<Verdict> {
    const { left: expected, right: found } = entries
    if (expected === undefined) return 'damage'
    const isWhiteout = expected.device?.major === 0 && expected.device.minor === 0
    const isOwner = attribute === 'uid' || attribute === 'gid'
    if (isOwner && (isWhiteout || isAufsWhiteout(expected))) return 'machine'
    if (isOwner && this.#ordinary && found?.[attribute] === this.#owner?.[attribute]) return 'machine'
    if (attribute === 'entry' && found === undefined && this.#lacksDevice(expected)) return 'machine'
    if (attribute.startsWith('xattr:') && right === undefined && this.#lacksXattr(attribute.slice(6)))
      return 'machine'
    if (!mayBeOfMachine(attribute, expected, right)) return 'damage'
    if (this.options.scratch === undefined) return 'unknown'
    const tried = await this.#try(expected, attribute, left)
    if (tried === undefined) return 'unknown'
    if (tried === 'left out') return found === undefined ? 'machine' : 'damage'
    if (attribute === 'entry') return 'damage'
    return found !== undefined && valueOf(tried, attribute) === valueOf(found, attribute)
      ? 'machine'
      : 'damage'
  }

  /** A device that is not there where nobody could make it. */
  #lacksDevice({ type, device }: TreeEntry): boolean {
    if ((type !== 'character' && type !== 'block') || device === undefined) return false
    return this.#ordinary || !hasCapability('CAP_MKNOD') || isInUserNamespace()
  }

  /** An attribute that only root may set, or see. */
  #lacksXattr(name: string): boolean {
    if (name.startsWith('trusted.'))
      return this.#ordinary || !hasCapability('CAP_SYS_ADMIN') || isInUserNamespace()
    return name === 'security.capability' && (this.#ordinary || !hasCapability('CAP_SETFCAP'))
  }

  /** What becomes here of an entry like `expected`; once for each value. */
  #try(expected: TreeEntry, attribute: TreeAttribute, value: string | undefined) {
    const { type, uid, gid } = expected
    const owner = attribute === 'uid' || attribute === 'gid'
    const key = [type, ...(owner ? ['owner', uid, gid] : [attribute, value])].join(' ')
    let tried = this.#known.get(key)
    if (tried === undefined) {
      if (this.#known.size >= maxProbes) return Promise.resolve(undefined)
      tried = probe(expected, this.options.scratch ?? '')
      this.#known.set(key, tried)
    }
    return tried
  }
}

/** What `describeTree` tells of a tree of the store, in the words in which `LayerTree` tells it. */
export function asInLayer(entry: TreeEntry): TreeEntry {
  if (entry.xattrs.size === 0) return entry
  const xattrs = new Map<string, string>()
  for (const [name, value] of entry.xattrs) {
    // What the host sets by itself, such as `security.selinux`, is no part of a layer.
    if (opaqueXattrs.has(name) && entry.type === 'directory') xattrs.set(opaqueXattr, value)
    else if (isOfImages(name) || isOverlayXattr(name)) xattrs.set(name, value)
  }
  return { ...entry, xattrs }
}

/** An empty `.wh.` file, which no archive said the owner of. */
const isAufsWhiteout = ({ path, type, size }: TreeEntry): boolean =>
  type === 'file' && size === 0 && /(?:^|\/)\.wh\.[^/]+$/s.test(path)

function mayBeOfMachine(attribute: TreeAttribute, { type }: TreeEntry, right: string | undefined): boolean {
  if (attribute === 'uid' || attribute === 'gid' || attribute === 'mtime') return true
  if (attribute.startsWith('xattr:')) return right === undefined || attribute === 'xattr:security.capability'
  return attribute === 'entry' && (type === 'character' || type === 'block' || type === 'fifo')
}

const valueOf = (entry: TreeEntry, attribute: TreeAttribute): unknown =>
  attribute.startsWith('xattr:')
    ? entry.xattrs.get(attribute.slice('xattr:'.length))
    : entry[attribute as 'uid' | 'gid' | 'mtime']

/** Makes one entry like `expected`; undefined where that failed. */
async function probe(expected: TreeEntry, scratch: string): Promise<TreeEntry | 'left out' | undefined> {
  const type = types[expected.type]
  if (type === undefined) return undefined
  const root = mkdtempSync(join(scratch, 'probe-'))
  try {
    const applier = new LayerApplier({ root, whiteouts: 'aufs' })
    applier.entry(entryLike(expected, type))
    applier.end()
    applier.finish()
    return (await describeTree(root)).find(({ path }) => path === 'probe') ?? 'left out'
  } catch {
    return undefined // what is in the way, such as a full disk, says nothing of the tree
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function entryLike(expected: TreeEntry, type: EntryType): TarEntry {
  const { mode, uid, gid, mtime, target = '', device, xattrs } = expected
  return {
    ...{ path: 'probe', type, size: 0, mode, uid, gid, mtime, linkTarget: target, device, sparse: false },
    xattrs: new Map([...xattrs].map(([name, value]) => [name, Buffer.from(value, 'latin1')])),
  }
}
