/**
 * The state of a directory of a root file system while a layer is applied. A directory is known once an entry or a lookup
 * has visited it. The known directories form a tree by name, so that forgetting one also forgets everything below it at no
 * cost.
 */

/**
 * The attributes that an entry specifies for a directory. They are set on the disk after all entries are unpacked. Contains
 * only these fields, because a layer may have many directories.
 */
export interface ListedAttributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly xattrs: ReadonlyMap<string, Buffer>
}

/** The attributes of a directory of a lower layer, to be restored. */
export interface FoundAttributes {
  readonly mode: number
  readonly atime: bigint
  readonly mtime: bigint
  /** Whether its mode was relaxed so that this process can create entries in it. */
  readonly madeWritable: boolean
  /** Its default ACL, removed during unpacking because new entries would inherit it. */
  readonly acl: Buffer | undefined
}

/** The attribute that new entries inherit from a directory (acl(5)). */
export const defaultAcl = 'system.posix_acl_default'

/** A known directory. Kept small, because there is one for each directory of a layer. */
export class Directory {
  /** A map only for two or more children: most directories have at most one. */
  #children: Map<string, Directory> | Directory | undefined
  /** The attributes from an entry of this layer; undefined if no entry names the directory. */
  listed: ListedAttributes | undefined
  /** The attributes to restore, if the directory existed before this layer. */
  found: FoundAttributes | undefined
  /** Whether the directory existed before this layer, even if a whiteout has removed its content since. */
  existedBefore = false
  /** Whether an entry in it was created or removed, which changed its times. */
  timesChanged = false
  /** Whether an opaque whiteout hides the content of lower layers; marked as opaque in the overlay form. */
  opaque = false
  /** Whether a whiteout of this layer removed the directory of the lower layers itself, not only its content. */
  replacesLower = false
  /** Whether it contains nothing of a lower layer, so that an opaque whiteout has nothing to remove. */
  fresh = false
  /** Whether this layer has an entry for it or for something below it. */
  touched = false
  /** Whether it is on the disk. False for a directory that is created only when an entry below it needs it. */
  exists = true
  /** Names that this layer created in it, except directories. */
  #made: Set<string> | undefined
  /** Names in it with a whiteout of this layer in the overlay form. */
  #hidden: Set<string> | undefined

  /** @param name the name in the parent; for the root, its path on the disk (bytes as a latin1 string) */
  constructor(
    readonly parent: Directory | undefined,
    readonly name: string,
  ) {}

  /** Path on the disk (latin1). Built on demand: stored paths would need most of the memory. */
  get path(): string {
    const names = [this.name]
    for (let above = this.parent; above !== undefined; above = above.parent) names.push(above.name)
    return names.reverse().join('/')
  }

  /** The known child directories. */
  get children(): Iterable<Directory> {
    if (this.#children instanceof Directory) return [this.#children]
    return this.#children?.values() ?? []
  }

  /** Returns the known child directory `name`. */
  child(name: string): Directory | undefined {
    if (this.#children instanceof Directory) return this.#children.name === name ? this.#children : undefined
    return this.#children?.get(name)
  }

  /** Adds a child directory. */
  add(child: Directory): void {
    if (this.#children === undefined) this.#children = child
    else {
      if (this.#children instanceof Directory)
        this.#children = new Map([[this.#children.name, this.#children]])
      this.#children.set(child.name, child)
    }
  }

  /** Removes the child directory `name` and everything below it from the known directories. */
  forget(name: string): void {
    if (this.#children instanceof Map) this.#children.delete(name)
    else if (this.#children?.name === name) this.#children = undefined
  }

  /** Returns the path on the disk of `name` in this directory. */
  pathOf(name: string): string {
    return `${this.path}/${name}`
  }

  /** Names that this layer created in it, except directories. Creates the set on first use. */
  get made(): Set<string> {
    return (this.#made ??= new Set())
  }

  /** Names in it with a whiteout of this layer. Creates the set on first use. */
  get hidden(): Set<string> {
    return (this.#hidden ??= new Set())
  }

  /** Removes `name` from the created names without creating the set. */
  forgetMade(name: string): void {
    this.#made?.delete(name)
  }

  /** Removes `name` from the hidden names without creating the set. */
  forgetHidden(name: string): void {
    this.#hidden?.delete(name)
  }

  /**
   * Reports whether this layer created `name`, other than as a directory. Always false in the overlay form, in which
   * created names are not recorded.
   */
  hasMade(name: string): boolean {
    return this.#made?.has(name) === true
  }

  /** Reports whether `name` has a whiteout of this layer. */
  hasHidden(name: string): boolean {
    return this.#hidden?.has(name) === true
  }

  /** Records that this layer has an entry for this directory or for something below it. */
  touch(): void {
    if (this.touched) return
    this.touched = true
    for (let above = this.parent; above?.touched === false; above = above.parent) above.touched = true
  }

  /** Treats the directory as created by this layer, without attributes to restore. */
  treatAsCreated(): void {
    this.found = undefined
    this.fresh = true
  }
}

/** Yields all known directories below `top` and `top` itself, children before their parents. */
export function* deepestFirst(top: Directory): Generator<Directory> {
  const open = [{ directory: top, children: top.children[Symbol.iterator]() }]
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = last.children.next()
    if (next.done === true) {
      open.pop()
      yield last.directory
    } else open.push({ directory: next.value, children: next.value.children[Symbol.iterator]() })
  }
}
