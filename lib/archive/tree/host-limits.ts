/**
 * Decides which differences between the expected tree of a layer and the tree on the disk are caused by the machine and
 * not by damage, for example an owner that cannot be set or a time that the file system cannot store. Where possible,
 * creates a test entry to see what this process and file system support.
 */
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { whyCannotChown, hasCapability, isInUserNamespace } from '../../system/index.js'
import { LayerApplier } from '../rootfs/layer-applier.js'
import { isImageXattr } from '../rootfs/xattrs.js'
import type { EntryType, TarEntry } from '../tar/entry.js'
import { isOverlayXattr, opaqueXattr, opaqueXattrs } from '../whiteouts/form.js'
import type { Difference } from './compare-trees.js'
import { describeTree } from './describe-tree.js'
import type { TreeAttribute } from './attributes.js'
import type { TreeEntry, TreeEntryType } from './entry.js'

/** The cause of a difference. `unknown`: the machine may be the cause, but that could not be tested. */
export type DifferenceCause = 'damage' | 'machine' | 'unknown'

/** Options of `HostLimits`. */
export interface HostLimitsOptions {
  /** The root of the tree on the disk. */
  readonly tree: string
  /** The entries of the tree on the disk, the root first. */
  readonly entries: readonly TreeEntry[]
  /** A writable directory on the same file system; undefined if nothing may be written. */
  readonly scratch: string | undefined
}

/** Maximum number of test entries; a tree that needs more is damaged. */
const maxTestEntries = 2_000

const types: Partial<Record<TreeEntryType, EntryType>> = {
  ...{ file: 'file', directory: 'directory', symlink: 'symlink', fifo: 'fifo' },
  ...{ character: 'character-device', block: 'block-device' },
}

/** Finds the causes of the differences of one tree. */
export class HostLimits {
  /** Whether the tree was created, or is read, by a user without the privileges of root. */
  readonly #isOrdinaryUser: boolean
  /** The root of the tree. In a tree of an ordinary user, all entries have its owner. */
  readonly #root: TreeEntry | undefined
  /** The results of `createTestEntry` so far, by the value that they test. */
  readonly #testResults = new Map<string, Promise<TreeEntry | 'left out' | undefined>>()

  constructor(private readonly options: HostLimitsOptions) {
    // The parent of a layer's tree belongs to the user for whom it was unpacked.
    const { uid } = lstatSync(dirname(options.tree))
    this.#isOrdinaryUser = uid !== 0 || whyCannotChown() !== undefined
    this.#root = options.entries[0]
  }

  /** Returns the cause of a difference between the expected tree (left) and the tree on the disk (right). */
  async findCause({ attribute, left, right, entries }: Difference): Promise<DifferenceCause> {
    const { left: expected, right: found } = entries
    if (expected === undefined) return 'damage'
    const isWhiteout = expected.device?.major === 0 && expected.device.minor === 0
    const isOwner = attribute === 'uid' || attribute === 'gid'
    if (isOwner && (isWhiteout || isAufsWhiteout(expected))) return 'machine'
    if (isOwner && this.#isOrdinaryUser && found?.[attribute] === this.#root?.[attribute]) return 'machine'
    if (attribute === 'entry' && found === undefined && this.#cannotCreate(expected)) return 'machine'
    if (attribute.startsWith('xattr:') && right === undefined && this.#cannotSetXattr(attribute.slice(6)))
      return 'machine'
    if (!canDependOnMachine(attribute, expected, right)) return 'damage'
    if (this.options.scratch === undefined) return 'unknown'
    const testResult = await this.#createOrRecall(expected, attribute, left)
    if (testResult === undefined) return 'unknown'
    if (testResult === 'left out') return found === undefined ? 'machine' : 'damage'
    if (attribute === 'entry') return 'damage'
    return found !== undefined && valueOf(testResult, attribute) === valueOf(found, attribute)
      ? 'machine'
      : 'damage'
  }

  /** Reports whether the entry is a device that cannot be created by this process or user. */
  #cannotCreate({ type, device }: TreeEntry): boolean {
    if ((type !== 'character' && type !== 'block') || device === undefined) return false
    return this.#isOrdinaryUser || !hasCapability('CAP_MKNOD') || isInUserNamespace()
  }

  /** Reports whether the attribute can only be set or read by root. */
  #cannotSetXattr(name: string): boolean {
    if (name.startsWith('trusted.'))
      return this.#isOrdinaryUser || !hasCapability('CAP_SYS_ADMIN') || isInUserNamespace()
    return name === 'security.capability' && (this.#isOrdinaryUser || !hasCapability('CAP_SETFCAP'))
  }

  /** Returns the cached or new result of `createTestEntry`; undefined after `maxTestEntries`. */
  #createOrRecall(expected: TreeEntry, attribute: TreeAttribute, value: string | undefined) {
    const { type, uid, gid } = expected
    const owner = attribute === 'uid' || attribute === 'gid'
    const key = [type, ...(owner ? ['owner', uid, gid] : [attribute, value])].join(' ')
    let testResult = this.#testResults.get(key)
    if (testResult === undefined) {
      if (this.#testResults.size >= maxTestEntries) return Promise.resolve(undefined)
      testResult = createTestEntry(expected, this.options.scratch ?? '')
      this.#testResults.set(key, testResult)
    }
    return testResult
  }
}

/** Converts an entry of `describeTree` to the form of `LayerTree`, for a tree in the store. */
export function toLayerForm(entry: TreeEntry): TreeEntry {
  if (entry.xattrs.size === 0) return entry
  const xattrs = new Map<string, string>()
  for (const [name, value] of entry.xattrs) {
    // Attributes set by the host, for example `security.selinux`, are not part of a layer.
    if (opaqueXattrs.has(name) && entry.type === 'directory') xattrs.set(opaqueXattr, value)
    else if (isImageXattr(name) || isOverlayXattr(name)) xattrs.set(name, value)
  }
  return { ...entry, xattrs }
}

/** Reports whether the entry is an empty `.wh.` file, whose owner the archive does not specify. */
const isAufsWhiteout = ({ path, type, size }: TreeEntry): boolean =>
  type === 'file' && size === 0 && /(?:^|\/)\.wh\.[^/]+$/s.test(path)

function canDependOnMachine(
  attribute: TreeAttribute,
  { type }: TreeEntry,
  right: string | undefined,
): boolean {
  if (attribute === 'uid' || attribute === 'gid' || attribute === 'mtime') return true
  if (attribute.startsWith('xattr:')) return right === undefined || attribute === 'xattr:security.capability'
  return attribute === 'entry' && (type === 'character' || type === 'block' || type === 'fifo')
}

const valueOf = (entry: TreeEntry, attribute: TreeAttribute): unknown =>
  attribute.startsWith('xattr:')
    ? entry.xattrs.get(attribute.slice('xattr:'.length))
    : entry[attribute as 'uid' | 'gid' | 'mtime']

/**
 * Creates one entry like `expected` and reads it back. Returns `left out` if the machine cannot create it, and
 * undefined if the test fails for another reason.
 */
async function createTestEntry(
  expected: TreeEntry,
  scratch: string,
): Promise<TreeEntry | 'left out' | undefined> {
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
    return undefined // the cause, such as a full disk, is not related to the tree
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
