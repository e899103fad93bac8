/**
 * Models a disk and the states that a power cut may leave. Each change that was not synced may be on the disk or not,
 * independent of others: the bytes and attributes of a file, and each entry of a directory. This is the weakest file
 * system that POSIX allows.
 */

/** A change that may not be on the disk. `Infinity`: the call has not returned, and no sync covers the change. */
export interface Pending {
  stamp: number
}

export class FileNode {
  readonly kind = 'file'
  readonly bytes = new Set<Pending>()
  readonly attributes = new Set<Pending>()
  /** Undefined if the trace did not show the whole content. */
  content: string | undefined = ''
  /** Call that synced the last change. */
  syncedBy: SyncCall | undefined
}

export class DirectoryNode {
  readonly kind = 'directory'
  readonly attributes = new Set<Pending>()
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
  readonly attributes = new Set<Pending>()
  syncedBy: SyncCall | undefined
}

export type DiskNode = FileNode | DirectoryNode | OtherNode
export type SyncCall = 'fsync' | 'fdatasync' | 'syncfs'

/** The possible targets of a name in a directory, durable or not. */
export class Entry {
  #certain: DiskNode | undefined
  #perhaps: { readonly change: Pending; readonly node: DiskNode | undefined }[] = []

  constructor(certain?: DiskNode) {
    this.#certain = certain
  }

  get now(): DiskNode | undefined {
    const last = this.#perhaps.at(-1)
    return last ? last.node : this.#certain
  }

  /** All possible targets of the name after a power cut. Undefined stands for no target. */
  get possible(): readonly (DiskNode | undefined)[] {
    return [this.#certain, ...this.#perhaps.map(({ node }) => node)]
  }

  get isCertain(): boolean {
    return this.#perhaps.length === 0
  }

  set(node: DiskNode | undefined, change: Pending): void {
    this.#perhaps.push({ change, node })
  }

  sync(until: number): void {
    const covered = this.#perhaps.findLastIndex(({ change }) => change.stamp <= until)
    if (covered < 0) return
    this.#certain = this.#perhaps[covered]!.node
    // A change whose call has not returned may reach the disk later, so it stays possible.
    const under = this.#perhaps.slice(0, covered).filter(({ change }) => change.stamp > until)
    this.#perhaps = [...under, ...this.#perhaps.slice(covered + 1)]
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

  /** Begins a change; `done` ends it. */
  begin(): Pending {
    return { stamp: Infinity }
  }

  done(change: Pending): void {
    change.stamp = ++this.#clock
  }

  write(node: FileNode, change: Pending): void {
    node.bytes.add(change)
    this.#dirty.add(node)
  }

  touch(node: DiskNode, change: Pending): void {
    node.attributes.add(change)
    this.#dirty.add(node)
  }

  enter(directory: DirectoryNode, name: string, node: DiskNode | undefined, change: Pending): void {
    const entry = directory.entries.get(name) ?? new Entry()
    directory.entries.set(name, entry)
    entry.set(node, change)
    this.#dirty.add(directory)
  }

  /** Ends a sync of `node` that began at `until`. */
  sync(node: DiskNode, by: SyncCall, until: number): void {
    const covered = (pending: Set<Pending>): void => {
      for (const change of pending) if (change.stamp <= until) pending.delete(change)
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
