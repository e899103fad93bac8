/**
 * What must hold of a store at every moment, whatever a power cut leaves: all that may be seen is whole, and all that
 * something leads to is there. Seen are names on the disk, perhaps; relied on are only those that are there for certain.
 */
import {
  type DirectoryNode,
  type DiskNode,
  type Disk,
  type Entry,
  type FileNode,
  isClean,
  uncertain,
} from './disk.js'

export type Rule =
  /** What may be seen under its name in the store is on the disk for certain. */
  | 'content'
  /** What `index.json` leads to is. */
  | 'needed'
  /** What stands in a layer's record is, and the record. */
  | 'layer'
  /** The pointers that lead to a layer are. */
  | 'pointer'
  /** Of a new store, `oci-layout` comes last. */
  | 'layout'
  /** All that a command did is, when it says that it is done. */
  | 'success'

export interface Violation {
  readonly rule: Rule
  /** In the store, or above it. */
  readonly path: string
  readonly what: string
}

const layoutFiles = ['oci-layout', 'index.json', 'windlass.json']

export class StoreRules {
  /** What each index leads to that was there when it was published. */
  readonly #needs = new Map<DiskNode, readonly string[]>()

  /** `store`: the names that lead from the root of the disk to it. `except`: paths in it that were damaged before. */
  constructor(
    private readonly disk: Disk,
    private readonly store: readonly string[],
    private readonly except: readonly string[] = [],
  ) {
    for (const directory of possibleAt(disk.root, store))
      for (const index of possible(directory, 'index.json')) this.#learn(index)
  }

  /** An index got its name. */
  published(path: string, node: DiskNode): void {
    if (path === 'index.json') this.#learn(node)
  }

  /** What a power cut at this moment might break. */
  *check(): Iterable<Violation> {
    for (const store of possibleAt(this.disk.root, this.store)) {
      yield* this.#layout(store)
      for (const file of layoutFiles)
        for (const node of possible(store, file)) if (!isClean(node)) yield content(file)
      for (const [path, node] of digests(store, 'blobs')) if (!isClean(node)) yield content(path)
      for (const [path, node] of digests(store, 'layers'))
        if (node.kind === 'directory') yield* this.#layer(path, node)
      for (const pointers of possibleAt(store, ['layers', 'by-blob']))
        for (const [path, node] of digests(pointers, 'sha256', 1))
          if (!isClean(node)) yield content(`layers/by-blob/${path}`)
      for (const index of possible(store, 'index.json'))
        for (const need of this.#needs.get(index) ?? [])
          if (!this.except.includes(need) && !this.#isThere(need))
            yield {
              rule: 'needed',
              path: need,
              what: 'index.json may be on the disk, and this may be missing',
            }
    }
  }

  /** What a command that ends with success has left to chance. */
  *success(): Iterable<Violation> {
    const what = 'the command has ended well, and this may be lost'
    let directory: DiskNode | undefined = this.disk.root
    for (const [at, name] of this.store.entries()) {
      const entry: Entry | undefined =
        directory?.kind === 'directory' ? directory.entries.get(name) : undefined
      if (entry && !entry.isCertain)
        yield { rule: 'success', path: `/${this.store.slice(0, at + 1).join('/')}`, what }
      directory = entry?.now
    }
    if (directory?.kind !== 'directory') return
    for (const name of [...layoutFiles, 'blobs', 'layers']) {
      const entry = directory.entries.get(name)
      if (!entry?.now) continue
      if (!entry.isCertain) yield { rule: 'success', path: name, what }
      for (const path of unsettled(entry.now, name)) yield { rule: 'success', path, what }
    }
  }

  *#layout(store: DirectoryNode): Iterable<Violation> {
    if (possible(store, 'oci-layout').length === 0) return
    for (const name of ['index.json', 'windlass.json', 'blobs', 'layers', 'partial', 'staging']) {
      const entry = store.entries.get(name)
      // A layout of another tool has no windlass.json.
      if (entry && entry.possible.includes(undefined) && entry.now)
        yield { rule: 'layout', path: name, what: 'oci-layout may be on the disk, and this may be missing' }
    }
  }

  *#layer(path: string, layer: DirectoryNode): Iterable<Violation> {
    const entry = layer.entries.get('layer.json')
    if (!entry || entry.possible.includes(undefined))
      yield { rule: 'layer', path, what: 'the layer may be on the disk without its layer.json' }
    for (const file of possible(layer, 'layer.json')) {
      if (!isClean(file)) yield content(`${path}/layer.json`)
      const record = parse(file)
      for (const form of Object.values(objectOf(record['forms']))) {
        const name = String(objectOf(form)['rootfs'])
        const trees = layer.entries.get(name)?.possible ?? [undefined]
        for (const tree of trees)
          for (const missing of tree ? uncertain(tree, name) : [`${name} itself`])
            yield { rule: 'layer', path, what: `layer.json may be on the disk, and ${missing} may not` }
      }
      for (const blob of listOf(record['blobs'])) {
        const pointer = `layers/by-blob/${String(objectOf(blob)['digest']).replace(':', '/')}`
        if (!this.except.includes(pointer) && !this.#isThere(pointer))
          yield {
            rule: 'pointer',
            path: pointer,
            what: `${path} may be on the disk, and its pointer may be missing`,
          }
      }
    }
  }

  /** Whether every name on the way to `path` is on the disk for certain, and what it leads to, if it is a file. */
  #isThere(path: string): boolean {
    let node: DiskNode | undefined = this.disk.root
    for (const name of [...this.store, ...path.split('/')]) {
      const entry: Entry | undefined = node?.kind === 'directory' ? node.entries.get(name) : undefined
      if (!entry || entry.possible.includes(undefined)) return false
      node = entry.now
    }
    return node?.kind !== 'file' || isClean(node)
  }

  /**
   * What an index leads to: of each image its manifest, its config, and each layer as a blob or as a tree; and all else
   * that it mentions and that is here.
   */
  #learn(index: DiskNode): void {
    const needs = new Set<string>()
    for (const entry of listOf(parse(index)['manifests'])) this.#learnImage(objectOf(entry)['digest'], needs)
    const visit = (value: unknown): void => {
      if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
      for (const folder of ['blobs', 'layers']) {
        const path = pathOf(folder, value)
        const node = path === undefined ? undefined : this.#now(path.split('/'))
        if (!node || path === undefined || seen.has(path)) continue
        seen.add(path)
        needs.add(path)
        if (node.kind === 'file') visit(parse(node))
      }
    }
    const seen = new Set<string>()
    visit(parse(index))
    this.#needs.set(index, [...needs])
  }

  #learnImage(digest: unknown, needs: Set<string>): void {
    const document = (of: unknown): Record<string, unknown> => {
      const path = pathOf('blobs', of)
      if (path === undefined) return {}
      needs.add(path)
      const node = this.#now(path.split('/'))
      return node ? parse(node) : {}
    }
    const { config, layers } = document(digest)
    if (config === undefined) return
    const diffIDs = listOf(objectOf(document(objectOf(config)['digest'])['rootfs'])['diff_ids'])
    for (const [at, layer] of listOf(layers).entries()) {
      const blob = pathOf('blobs', objectOf(layer)['digest'])
      const tree = pathOf('layers', diffIDs[at])
      if (blob !== undefined && !(tree !== undefined && this.#now(tree.split('/')))) needs.add(blob)
    }
  }

  #now(path: readonly string[]): DiskNode | undefined {
    let node: DiskNode | undefined = this.disk.root
    for (const name of [...this.store, ...path])
      node = node?.kind === 'directory' ? node.get(name) : undefined
    return node
  }
}

const pathOf = (folder: string, digest: unknown): string | undefined =>
  typeof digest === 'string' && /^sha\d+:[0-9a-f]+$/.test(digest)
    ? `${folder}/${digest.replace(':', '/')}`
    : undefined

const content = (path: string): Violation => ({
  rule: 'content',
  path,
  what: 'its name may be on the disk, and not all that is in it',
})

/** All that may be under `name` after a power cut. */
const possible = (directory: DirectoryNode, name: string): DiskNode[] =>
  (directory.entries.get(name)?.possible ?? []).flatMap((node) => node ?? [])

function possibleAt(from: DirectoryNode, names: readonly string[]): DirectoryNode[] {
  let found = [from]
  for (const name of names)
    found = found.flatMap((each) => possible(each, name)).filter((each) => each.kind === 'directory')
  return [...new Set(found)]
}

/** All that may stand in `<folder>/<algorithm>/<hex>`; with `levels` 1, in `<folder>/<hex>`. */
function* digests(from: DirectoryNode, folder: string, levels = 2): Iterable<[string, DiskNode]> {
  for (const directory of possibleAt(from, [folder]))
    for (const name of directory.entries.keys()) {
      if (levels > 1 && /^sha\d+$/.test(name))
        for (const [path, node] of digests(directory, name, levels - 1)) yield [`${folder}/${path}`, node]
      if (levels === 1) for (const node of possible(directory, name)) yield [`${folder}/${name}`, node]
    }
}

/** The paths below `node` that are to stay and may be lost. That something is gone need not be certain. */
function* unsettled(node: DiskNode, path: string): Iterable<string> {
  if (node.attributes.size > 0 || (node.kind === 'file' && node.bytes.size > 0)) yield path
  if (node.kind !== 'directory') return
  for (const [name, entry] of node.entries) {
    if (!entry.now) continue
    if (!entry.isCertain) yield `${path}/${name}`
    yield* unsettled(entry.now, `${path}/${name}`)
  }
}

/** A document; an empty one where it is none, or where the trace did not show it. */
function parse(node: DiskNode): Record<string, unknown> {
  try {
    const { content: text = '' } = node as FileNode // nothing else has content
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
