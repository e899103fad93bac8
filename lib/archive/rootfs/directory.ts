/**
 * What is known of one real directory under the root while a layer is applied. The known directories are a tree
 * of names, so that forgetting one forgets all below it at no cost, whatever a later entry puts in its place.
 */

/** What an entry says of a directory; set when all entries are in. Of the entry no more is kept: a layer has many. */
export interface ListedAttributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: bigint
  readonly xattrs: ReadonlyMap<string, Buffer>
}

/** How a directory of a lower layer was found, to be left so. */
export interface FoundAttributes {
  readonly mode: number
  readonly atime: bigint
  readonly mtime: bigint
  /** Whether its mode was changed for the time of the unpacking. */
  readonly opened: boolean
  /** Its default ACL, which was taken away for that time: what is made in the directory would inherit it. */
  readonly acl: Buffer | undefined
}

/** The attribute that a directory hands down to whatever is made in it (acl(5)). */
export const defaultAcl = 'system.posix_acl_default'

/** As small as can be: there is one for each directory of a layer until the layer is done. */
export class Directory {
  /** Most have none or one. */
  #children: Map<string, Directory> | Directory | undefined
  /** From an entry of this layer; undefined where no entry names the directory. */
  listed: ListedAttributes | undefined
  /** Set where it was here before this layer. */
  found: FoundAttributes | undefined
  /** It was here before this layer, whatever became of it since. */
  adopted = false
  /** Something in it was made or removed, so its times have moved. */
  changed = false
  /** Hides what lower layers have in it: marked so in the overlay form. */
  opaque = false
  /** A whiteout of this layer hides it as lower layers have it, attributes included. */
  severed = false
  /** Nothing of a lower layer is in it: nothing to be removed by an opaque whiteout. */
  fresh = false
  /** This layer made or listed it, or something below it. */
  touched = false
  /** False until it is made on disk. */
  exists = true
  /** What this layer made here that is no directory. */
  #made: Set<string> | undefined
  /** Names where the overlay form has a whiteout of ours. */
  #hidden: Set<string> | undefined

  /** @param name of the root: where it is on disk, as a latin1 string */
  constructor(
    readonly parent: Directory | undefined,
    readonly name: string,
  ) {}

  /** Where it is on disk, as a latin1 string. Put together when asked for: kept, it would be most of what is kept. */
  get path(): string {
    const names = [this.name]
    for (let above = this.parent; above !== undefined; above = above.parent) names.push(above.name)
    return names.reverse().join('/')
  }

  /** The known directories in it. */
  get children(): Iterable<Directory> {
    if (this.#children instanceof Directory) return [this.#children]
    return this.#children?.values() ?? []
  }

  child(name: string): Directory | undefined {
    if (this.#children instanceof Directory) return this.#children.name === name ? this.#children : undefined
    return this.#children?.get(name)
  }

  add(child: Directory): void {
    if (this.#children === undefined) this.#children = child
    else {
      if (this.#children instanceof Directory)
        this.#children = new Map([[this.#children.name, this.#children]])
      this.#children.set(child.name, child)
    }
  }

  /** Forgets the directory `name` in it, and with it all below. */
  forget(name: string): void {
    if (this.#children instanceof Map) this.#children.delete(name)
    else if (this.#children?.name === name) this.#children = undefined
  }

  /** Where `name` in it is on disk. */
  at(name: string): string {
    return `${this.path}/${name}`
  }

  get made(): Set<string> {
    return (this.#made ??= new Set())
  }

  get hidden(): Set<string> {
    return (this.#hidden ??= new Set())
  }

  /** Makes no set to say that a name is not in it: most directories have neither. */
  unmake(name: string): void {
    this.#made?.delete(name)
  }

  unhide(name: string): void {
    this.#hidden?.delete(name)
  }

  /** Whether this layer made `name` in it, which is no directory: known only where lower layers are in the tree. */
  makes(name: string): boolean {
    return this.#made?.has(name) === true
  }

  hides(name: string): boolean {
    return this.#hidden?.has(name) === true
  }

  /** Says of it and of all above that this layer has something there. */
  touch(): void {
    if (this.touched) return
    this.touched = true
    for (let above = this.parent; above?.touched === false; above = above.parent) above.touched = true
  }

  /** Takes it for one that this layer made, though no entry may name it: nothing of how it was found counts. */
  disown(): void {
    this.found = undefined
    this.fresh = true
  }
}

/** `top` and every known directory below it, children before their parents. */
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
