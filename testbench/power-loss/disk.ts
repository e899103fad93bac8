/**
 * Models a disk and the states that a power cut may leave. A change that was not synced may be on the disk or not,
 * independently of other changes. Changes are of the bytes or attributes of a file, or of an entry of a directory.
 * POSIX allows no weaker file system.
 */

/** A change that may not be on the disk. */
export interface PendingChange {
  /** Time at which its call returned; `Infinity` before that. A sync covers only changes that ended before it began. */
  endedAt: number
}

export class FileNode {
  readonly kind = 'file'
  readonly bytes = new Set<PendingChange>()
  readonly attributes = new Set<PendingChange>()
  /** Undefined if the trace did not show the whole content. */
  content: string | undefined = ''
  /** Call that synced the last change. */
  syncedBy: SyncCall | undefined
}

export class DirectoryNode {
  readonly kind = 'directory'
  readonly attributes = new Set<PendingChange>()
  readonly entries = new Map<string, Entry>()
  syncedBy: SyncCall | undefined

  /** Returns the current target of a name. */
  get(name: string): DiskNode | undefined {
    return this.entries.get(name)?.now
  }
}

/** A link, a device or a fifo. It is created atomically, and only its attributes change. */
export class OtherNode {
  readonly kind = 'other'
  readonly attributes = new Set<PendingChange>()
  syncedBy: SyncCall | undefined
}

export type DiskNode = FileNode | DirectoryNode | OtherNode
export type SyncCall = 'fsync' | 'fdatasync' | 'syncfs'

/** An entry of a directory: the durable target of a name, and the targets that later changes may have set. */
export class Entry {
  #certain: DiskNode | undefined
  #uncertain: { readonly change: PendingChange; readonly node: DiskNode | undefined }[] = []

  constructor(certain?: DiskNode) {
    this.#certain = certain
  }

  get now(): DiskNode | undefined {
    const last = this.#uncertain.at(-1)
    return last ? last.node : this.#certain
  }

  /** All possible targets of the name after a power cut. Undefined stands for no target. */
  get possibleTargets(): readonly (DiskNode | undefined)[] {
    return [this.#certain, ...this.#uncertain.map(({ node }) => node)]
  }

  get isCertain(): boolean {
    return this.#uncertain.length === 0
  }

  set(node: DiskNode | undefined, change: PendingChange): void {
    this.#uncertain.push({ change, node })
  }

  sync(until: number): void {
    const covered = this.#uncertain.findLastIndex(({ change }) => change.endedAt <= until)
    if (covered < 0) return
    this.#certain = this.#uncertain[covered]!.node
    // A change whose call had not returned when the sync began may reach the disk later, so it stays possible.
    const unfinished = this.#uncertain.slice(0, covered).filter(({ change }) => change.endedAt > until)
    this.#uncertain = [...unfinished, ...this.#uncertain.slice(covered + 1)]
  }
}

export class Disk {
  readonly root = new DirectoryNode()
  readonly #dirty = new Set<DiskNode>()
  #clock = 0

  /** Current time. A sync that begins now covers earlier changes. */
  get now(): number {
    return this.#clock
  }

  /** Returns a new change, which `endChange` ends. */
  beginChange(): PendingChange {
    return { endedAt: Infinity }
  }

  endChange(change: PendingChange): void {
    change.endedAt = ++this.#clock
  }

  changeBytes(node: FileNode, change: PendingChange): void {
    node.bytes.add(change)
    this.#dirty.add(node)
  }

  changeAttributes(node: DiskNode, change: PendingChange): void {
    node.attributes.add(change)
    this.#dirty.add(node)
  }

  setEntry(directory: DirectoryNode, name: string, node: DiskNode | undefined, change: PendingChange): void {
    const entry = directory.entries.get(name) ?? new Entry()
    directory.entries.set(name, entry)
    entry.set(node, change)
    this.#dirty.add(directory)
  }

  /** Makes the changes of `node` durable that ended by `until`, when the sync began. */
  sync(node: DiskNode, by: SyncCall, until: number): void {
    const covered = (pending: Set<PendingChange>): void => {
      for (const change of pending) if (change.endedAt <= until) pending.delete(change)
    }
    if (node.kind === 'file') covered(node.bytes)
    // fdatasync(2) syncs bytes and size, but not owner, mode and times.
    if (by !== 'fdatasync') covered(node.attributes)
    if (node.kind === 'directory') for (const entry of node.entries.values()) entry.sync(until)
    if (isClean(node)) this.#dirty.delete(node)
    node.syncedBy = by
  }

  syncAll(until: number): void {
    for (const node of this.#dirty) this.sync(node, 'syncfs', until)
  }
}

/** Reports whether this node, without its descendants, is completely on the disk. */
export const isClean = (node: DiskNode): boolean =>
  node.attributes.size === 0 &&
  (node.kind !== 'file' || node.bytes.size === 0) &&
  (node.kind !== 'directory' || [...node.entries.values()].every(({ isCertain }) => isCertain))

/** Yields the paths at and below `node` whose current state may not be on the disk. Recursive: trees are small. */
export function* unsyncedPaths(node: DiskNode, path: string): Iterable<string> {
  if (!isClean(node)) yield path
  if (node.kind !== 'directory') return
  for (const [name, { now }] of node.entries) if (now) yield* unsyncedPaths(now, `${path}/${name}`)
}

/** Yields all nodes at and below `node`. */
export function* nodesOf(node: DiskNode): Iterable<DiskNode> {
  yield node
  if (node.kind === 'directory') for (const { now } of node.entries.values()) if (now) yield* nodesOf(now)
}
