/** What applying layers must give, said as simply as it can be: a tree in memory, nothing remembered between entries. */
import { posix } from 'node:path'
import type { TreeEntry } from '../../../lib/archive/index.js'
import type { Made } from './scratch.js'

interface Leaf {
  readonly type: 'file' | 'symlink'
  readonly content: string
}
/** A name: `layer` is the last that made or listed it. Hard links share their `leaf`. */
interface Node {
  layer: number
  readonly leaf: Leaf | undefined
  readonly children: Map<string, Node>
}

export class ModelTree {
  readonly #root: Node = { layer: 0, leaf: undefined, children: new Map() }
  #layer = 0

  /** The index of the entry that must be refused, or -1. */
  apply(entries: readonly Made[]): number {
    this.#layer++
    return entries.findIndex((entry) => !this.#accepts(entry))
  }

  /** `path type content` of everything, and the first name of a hard-linked file. */
  list(): string[] {
    const lines: string[] = []
    const first = new Map<Leaf, string>()
    const names: [string, Node][] = []
    const visit = (path: string, node: Node): void => {
      for (const [name, child] of node.children) {
        names.push([path + name, child])
        visit(`${path}${name}/`, child)
      }
    }
    visit('', this.#root)
    for (const [path, { leaf }] of names.sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (leaf === undefined) lines.push(`${path} directory`)
      else {
        const same = first.get(leaf) ?? path
        first.set(leaf, same)
        lines.push(
          `${path} ${leaf.type} ${leaf.type === 'symlink' ? leaf.content : leaf.content.length} ${same}`,
        )
      }
    }
    return lines
  }

  static describe(this: void, tree: Iterable<TreeEntry>): string[] {
    return [...tree]
      .filter(({ path }) => path !== '.')
      .map(({ path, type, target, size, hardlink }) =>
        type === 'directory' ? `${path} directory` : `${path} ${type} ${target ?? size} ${hardlink ?? path}`,
      )
      .sort()
  }

  #accepts(entry: Made): boolean {
    const clean = posix.join('/', entry.path).replace(/\/$/, '').slice(1)
    if (clean === '') {
      return entry.type === 'directory'
    }
    const parent = posix.dirname(`/${clean}`)
    const name = posix.basename(clean)
    if (name.startsWith('.wh.')) return this.#whiteout(parent, name.slice(4))
    const at = this.#clearedWay(parent)
    if (at === undefined) return false
    const directory = this.#make(at)
    const present = directory.children.get(name)
    switch (entry.type) {
      case 'directory':
        if (present && !present.leaf) present.layer = this.#layer
        else this.#put(directory, name, undefined)
        return true
      case 'hardlink': {
        const target = posix.join('/', entry.linkTarget)
        const from = target === '/' ? undefined : this.#resolve(posix.dirname(target))
        const found = from && this.#look(from)?.children.get(posix.basename(target))
        if (!found?.leaf) return false
        if (found === present) {
          present.layer = this.#layer
          return true
        }
        directory.children.delete(name)
        // Its target may have been in what stood here.
        if (this.#look(from ?? [])?.children.get(posix.basename(target)) !== found) return false
        this.#put(directory, name, found.leaf)
        return true
      }
      default: {
        const content = entry.type === 'symlink' ? entry.linkTarget : (entry.content ?? '').toString('latin1')
        this.#put(directory, name, { type: entry.type === 'symlink' ? 'symlink' : 'file', content })
        return true
      }
    }
  }

  #put(directory: Node, name: string, leaf: Leaf | undefined): void {
    directory.children.set(name, { layer: this.#layer, leaf, children: new Map() })
  }

  #whiteout(parent: string, hidden: string): boolean {
    const at = this.#resolve(parent, true)
    if (at === undefined) return false
    const directory = this.#look(at)
    if (directory === undefined || directory.leaf) return true
    if (hidden === '.wh..opq') for (const name of [...directory.children.keys()]) this.#hide(directory, name)
    else this.#hide(directory, hidden)
    return true
  }

  #hide(directory: Node, name: string): void {
    const node = directory.children.get(name)
    if (node === undefined) return
    if (!this.#isTouched(node)) directory.children.delete(name)
    else for (const child of [...node.children.keys()]) this.#hide(node, child)
  }

  #isTouched = (node: Node): boolean =>
    node.layer === this.#layer || [...node.children.values()].some((child) => this.#isTouched(child))

  #look(path: readonly string[]): Node | undefined {
    return path.reduce<Node | undefined>((node, name) => node?.children.get(name), this.#root)
  }

  #make(path: readonly string[]): Node {
    let node = this.#root
    for (const name of path) {
      if (!node.children.has(name)) this.#put(node, name, undefined)
      node = node.children.get(name)!
    }
    return node
  }

  /** Where `path` leads once each of its names that leads to no directory is removed; undefined for a loop. */
  #clearedWay(path: string): string[] | undefined {
    const links = { followed: 0 }
    let at: string[] = []
    for (const part of path.split('/').filter((name) => name !== '')) {
      const next = this.#follow(at, [part], links)
      if (next === 'loop') return undefined
      if (next !== 'blocked') {
        at = next
        continue
      }
      this.#look(at)?.children.delete(part)
      return this.#clearedWay(path)
    }
    return at
  }

  #follow(
    from: readonly string[],
    names: readonly string[],
    links: { followed: number },
  ): string[] | 'blocked' | 'loop' {
    let at = [...from]
    for (const part of names) {
      if (part === '' || part === '.') continue
      if (part === '..') {
        at.pop()
        continue
      }
      const leaf = this.#look([...at, part])?.leaf
      if (leaf?.type === 'symlink') {
        if (++links.followed > 40) return 'loop'
        const next = this.#follow(leaf.content.startsWith('/') ? [] : at, leaf.content.split('/'), links)
        if (typeof next === 'string') return next
        at = next
      } else if (leaf) return 'blocked'
      else at.push(part)
    }
    return at
  }

  /** As chroot(2): undefined where something that is no directory is in the way (`blockedIsEmpty`: then nowhere) or in a loop. */
  #resolve(path: string, blockedIsEmpty = false): string[] | undefined {
    let at: string[] = []
    let ahead = path.split('/')
    for (let links = 0; ;) {
      const [part, ...rest] = ahead
      if (part === undefined) return at
      ahead = rest
      if (part === '' || part === '.') continue
      if (part === '..') at.pop()
      else {
        const leaf = this.#look([...at, part])?.leaf
        if (leaf?.type === 'symlink') {
          if (++links > 40) return undefined
          if (leaf.content.startsWith('/')) at = []
          ahead = [...leaf.content.split('/'), ...ahead]
        } else if (leaf) return blockedIsEmpty ? [' nowhere'] : undefined
        else at.push(part)
      }
    }
  }
}
