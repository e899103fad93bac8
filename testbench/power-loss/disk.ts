/**
 * A disk and what a power cut may leave of it. Whatever was not synced may be on it or not, each change for itself: the
 * bytes and the attributes of a file, and every entry of a directory. The worst file system that POSIX allows.
 */

/** A change that is not on the disk for certain. `Infinity`: the call is still under way, and no sync covers it. */
export interface Pending {
  stamp: number
}

export class FileNode {
  readonly kind = 'file'
  readonly bytes = new Set<Pending>()
  readonly attributes = new Set<Pending>()
  /** Undefined where the trace did not show all of it. */
  content: string | undefined = ''
  /** What brought its last change to the disk. */
  syncedBy: SyncCall | undefined
}

export class DirectoryNode {
  readonly kind = 'directory'
  readonly attributes = new Set<Pending>()
  readonly entries = new Map<string, Entry>()
  syncedBy: SyncCall | undefined

  /** What is there at present, if anything. */
  get(name: string): DiskNode | undefined {
    return this.entries.get(name)?.now
  }
}

/** A link, a device, a fifo: made at once, and never changed but for its attributes. */
export class OtherNode {
  readonly kind = 'other'
  readonly attributes = new Set<Pending>()
  syncedBy: SyncCall | undefined
}

export type DiskNode = FileNode | DirectoryNode | OtherNode
export type SyncCall = 'fsync' | 'fdatasync' | 'syncfs'

/** What a name in a directory leads to: on the disk for certain, or perhaps. */
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

  /** All that the name may lead to after a power cut; undefined is nothing. */
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
    // One that is under way may come to the disk before or after: it stays possible.
    const under = this.#perhaps.slice(0, covered).filter(({ change }) => change.stamp > until)
    this.#perhaps = [...under, ...this.#perhaps.slice(covered + 1)]
  }
}

export class Disk {
  readonly root = new DirectoryNode()
  readonly #dirty = new Set<DiskNode>()
  #clock = 0

  /** The moment up to which a sync that begins now covers what was done. */
  get now(): number {
    return this.#clock
  }

  /** A change that begins; `done` ends it. */
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

  /** A sync of `node` that began at `until` is over. */
  sync(node: DiskNode, by: SyncCall, until: number): void {
    const covered = (pending: Set<Pending>): void => {
      for (const change of pending) if (change.stamp <= until) pending.delete(change)
    }
    if (node.kind === 'file') covered(node.bytes)
    // fdatasync(2) brings the bytes and the size, not owners, modes and times.
    if (by !== 'fdatasync') covered(node.attributes)
    if (node.kind === 'directory') for (const entry of node.entries.values()) entry.sync(until)
    if (isClean(node)) this.#dirty.delete(node)
    node.syncedBy = by
  }

  syncAll(until: number): void {
    for (const node of this.#dirty) this.sync(node, 'syncfs', until)
  }
}

/** Whether all of this one node is on the disk for certain, if it is at all. */
export const isClean = (node: DiskNode): boolean =>
  node.attributes.size === 0 &&
  (node.kind !== 'file' || node.bytes.size === 0) &&
  (node.kind !== 'directory' || [...node.entries.values()].every(({ isCertain }) => isCertain))

/** The paths at and below `node` whose present state is not on the disk for certain; deep trees are trees of a test. */
export function* uncertain(node: DiskNode, path: string): Iterable<string> {
  if (!isClean(node)) yield path
  if (node.kind !== 'directory') return
  for (const [name, { now }] of node.entries) if (now) yield* uncertain(now, `${path}/${name}`)
}

/** All that is at and below `node` at present. */
export function* nodesOf(node: DiskNode): Iterable<DiskNode> {
  yield node
  if (node.kind === 'directory') for (const { now } of node.entries.values()) if (now) yield* nodesOf(now)
}
