/**
 * Defines the rules that a store must satisfy after a power cut at any time: everything visible is complete, and every
 * target of a reference exists. A name is visible if it may be on the disk, and can be relied on only if it is durable.
 */
import {
  type DirectoryNode,
  type DiskNode,
  type Disk,
  type Entry,
  type FileNode,
  isClean,
  unsyncedPaths,
} from './disk.js'

export type Rule =
  /** Everything that may be visible in the store is durable. */
  | 'content'
  /** Everything that `index.json` refers to is durable. */
  | 'needed'
  /** Everything that the record of a layer refers to is durable, and the record itself. */
  | 'layer'
  /** The pointers to a layer are durable. */
  | 'pointer'
  /** In a new store, `oci-layout` is written last. */
  | 'layout'
  /** Everything that a command did is durable when it reports success. */
  | 'success'

export interface Violation {
  readonly rule: Rule
  /** Path in the store or above it. */
  readonly path: string
  readonly what: string
}

const layoutFiles = ['oci-layout', 'index.json', 'windlass.json']

export class StoreRules {
  /** Paths that each index refers to and that existed when it was published. */
  readonly #needs = new Map<DiskNode, readonly string[]>()

  /**
   * @param store names from the root of the disk to the store
   * @param except paths in the store that were damaged before
   */
  constructor(
    private readonly disk: Disk,
    private readonly store: readonly string[],
    private readonly except: readonly string[] = [],
  ) {
    for (const directory of possibleAt(disk.root, store))
      for (const index of possible(directory, 'index.json')) this.#learn(index)
  }

  /** Records that a node was published. */
  published(path: string, node: DiskNode): void {
    if (path === 'index.json') this.#learn(node)
  }

  /** Yields the violations that a power cut at this time may cause. */
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

  /** Yields the violations of a command that reports success. */
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
      for (const path of losablePaths(entry.now, name)) yield { rule: 'success', path, what }
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
          for (const missing of tree ? unsyncedPaths(tree, name) : [`${name} itself`])
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

  /** Reports whether every name of `path` is durable, and its content too if it is a file. */
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
   * Records what an index refers to: the manifest and config of each image, each layer as a blob or a tree, and
   * everything else that it mentions and that exists.
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

/** Returns the possible targets of `name` after a power cut. */
const possible = (directory: DirectoryNode, name: string): DiskNode[] =>
  (directory.entries.get(name)?.possible ?? []).flatMap((node) => node ?? [])

function possibleAt(from: DirectoryNode, names: readonly string[]): DirectoryNode[] {
  let found = [from]
  for (const name of names)
    found = found.flatMap((each) => possible(each, name)).filter((each) => each.kind === 'directory')
  return [...new Set(found)]
}

/** Yields the possible entries of `<folder>/<algorithm>/<hex>`; with `levels` 1, of `<folder>/<hex>`. */
function* digests(from: DirectoryNode, folder: string, levels = 2): Iterable<[string, DiskNode]> {
  for (const directory of possibleAt(from, [folder]))
    for (const name of directory.entries.keys()) {
      if (levels > 1 && /^sha\d+$/.test(name))
        for (const [path, node] of digests(directory, name, levels - 1)) yield [`${folder}/${path}`, node]
      if (levels === 1) for (const node of possible(directory, name)) yield [`${folder}/${name}`, node]
    }
}

/** Yields the paths below `node` that may be lost. The removal of an entry need not be durable. */
function* losablePaths(node: DiskNode, path: string): Iterable<string> {
  if (node.attributes.size > 0 || (node.kind === 'file' && node.bytes.size > 0)) yield path
  if (node.kind !== 'directory') return
  for (const [name, entry] of node.entries) {
    if (!entry.now) continue
    if (!entry.isCertain) yield `${path}/${name}`
    yield* losablePaths(entry.now, `${path}/${name}`)
  }
}

/** Parses a document. Returns an empty one if it is not valid or the trace did not show it. */
function parse(node: DiskNode): Record<string, unknown> {
  try {
    const { content: text = '' } = node as FileNode // only files have content
    return objectOf(JSON.parse(text))
  } catch {
    return {}
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
