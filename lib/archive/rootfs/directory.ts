/**
 * The state of a directory of a root file system while a layer is applied. A directory is known after an entry or a
 * lookup has visited it. The known directories form a tree, so that forgetting one also forgets everything below it.
 */

/**
 * The attributes that an entry specifies for a directory. They are set on the disk after all entries are unpacked.
 * Contains only these fields, because a layer may have many directories.
 */
export interface ListedAttributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly xattrs: ReadonlyMap<string, Buffer>
}

/** The attributes of a directory that existed before this layer, to be restored after the layer is applied. */
export interface LowerAttributes {
  readonly mode: number
  readonly atime: bigint
  readonly mtime: bigint
  /** Whether its mode was changed so that this process can create entries in it. */
  readonly madeWritable: boolean
  /** Its default ACL. Removed during unpacking, because new entries would inherit it. */
  readonly acl: Buffer | undefined
}

/** The attribute that new entries inherit from a directory (acl(5)). */
export const defaultAcl = 'system.posix_acl_default'

/** A known directory. Kept small, because there is one for each directory of a layer. */
export class Directory {
  /** A map only for two or more children: most directories have at most one. */
  #children: Map<string, Directory> | Directory | undefined
  /** The attributes from its entry in this layer; undefined if it has none. */
  listed: ListedAttributes | undefined
  /** The attributes to restore; undefined if this layer created or replaced the directory. */
  lowerAttributes: LowerAttributes | undefined
  /** Whether the directory existed before this layer, even if a whiteout has removed its content since. */
  existedBefore = false
  /** Whether its times were changed by creating or removing an entry in it. */
  timesChanged = false
  /** Whether an opaque whiteout of this layer hides the content of lower layers. */
  opaque = false
  /** Whether a whiteout of this layer hides the directory of lower layers itself, not only its content. */
  replacesLower = false
  /** Whether it certainly contains nothing of a lower layer, so that an opaque whiteout has nothing to remove. */
  hasNoLowerContent = false
  /** Whether this layer has an entry for the directory or for something below it. */
  touched = false
  /** Whether it is on the disk. False until `RootTree` creates it. */
  exists = true
  /** See `createdNames`. */
  #createdNames: Set<string> | undefined
  /** See `whiteoutNames`. */
  #whiteoutNames: Set<string> | undefined

  /** @param name the name in the parent; for the root, its path on the disk (bytes as a latin1 string) */
  constructor(
    readonly parent: Directory | undefined,
    readonly name: string,
  ) {}

  /** Path on the disk (latin1). Computed, because stored paths would need most of the memory. */
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

  /** Names that this layer created in it, except directories. Recorded only with whiteouts `apply`. */
  get createdNames(): Set<string> {
    return (this.#createdNames ??= new Set())
  }

  /** Names in it of lower layers that a whiteout of this layer hides. */
  get whiteoutNames(): Set<string> {
    return (this.#whiteoutNames ??= new Set())
  }

  /** Removes `name` from `createdNames`. */
  forgetCreated(name: string): void {
    this.#createdNames?.delete(name)
  }

  /** Removes `name` from `whiteoutNames`. */
  forgetWhiteout(name: string): void {
    this.#whiteoutNames?.delete(name)
  }

  /**
   * Reports whether `createdNames` contains `name`.
   */
  hasCreated(name: string): boolean {
    return this.#createdNames?.has(name) === true
  }

  /** Reports whether `whiteoutNames` contains `name`. */
  hasWhiteout(name: string): boolean {
    return this.#whiteoutNames?.has(name) === true
  }

  /** Records that this layer has an entry for this directory or for something below it. */
  touch(): void {
    if (this.touched) return
    this.touched = true
    for (let above = this.parent; above?.touched === false; above = above.parent) above.touched = true
  }

  /** Treats the directory as created by this layer, without attributes to restore. */
  treatAsCreated(): void {
    this.lowerAttributes = undefined
    this.hasNoLowerContent = true
  }
}

/** Yields all known directories below `top` and `top` itself, children before their parents. */
export function* deepestFirst(top: Directory): Generator<Directory> {
  const stack = [{ directory: top, children: top.children[Symbol.iterator]() }]
  for (let last = stack.at(-1); last !== undefined; last = stack.at(-1)) {
    const next = last.children.next()
    if (next.done === true) {
      stack.pop()
      yield last.directory
    } else stack.push({ directory: next.value, children: next.value.children[Symbol.iterator]() })
  }
}
