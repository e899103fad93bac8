/**
 * Defines the rules that a store must satisfy after a power cut at any time: everything visible is complete, and every
 * target of a reference exists. A name is visible if it may be on the disk, and durable if it must be.
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
  /** The content of everything visible in the store is durable. */
  | 'content'
  /** Everything that `index.json` refers to is durable. */
  | 'needed'
  /** The record of a visible layer (`layer.json`) and everything that it refers to are durable. */
  | 'layer'
  /** The pointers from the blobs of a visible layer to the layer are durable. */
  | 'pointer'
  /** If `oci-layout` is visible, the other files of a new store are durable. */
  | 'layout'
  /** The whole store is durable when a command reports success. */
  | 'success'

export interface Violation {
  readonly rule: Rule
  /** Path in the store or above it. */
  readonly path: string
  readonly description: string
}

const layoutFiles = ['oci-layout', 'index.json', 'windlass.json']

export class StoreRules {
  /** Paths that `index.json` refers to and that existed when it was published, by the file. */
  readonly #references = new Map<DiskNode, readonly string[]>()

  /**
   * @param store names from the root of the disk to the store
   * @param damaged paths in the store that were damaged before
   */
  constructor(
    private readonly disk: Disk,
    private readonly store: readonly string[],
    private readonly damaged: readonly string[] = [],
  ) {
    for (const directory of possibleDirectories(disk.root, store))
      for (const index of possibleNodes(directory, 'index.json')) this.#recordReferences(index)
  }

  /** Records that a node was published. */
  recordPublication(path: string, node: DiskNode): void {
    if (path === 'index.json') this.#recordReferences(node)
  }

  /** Yields the violations that a power cut at this time may cause. */
  *check(): Iterable<Violation> {
    for (const store of possibleDirectories(this.disk.root, this.store)) {
      yield* this.#checkLayout(store)
      for (const file of layoutFiles)
        for (const node of possibleNodes(store, file)) if (!isClean(node)) yield incompleteContent(file)
      for (const [path, node] of digestEntries(store, 'blobs'))
        if (!isClean(node)) yield incompleteContent(path)
      for (const [path, node] of digestEntries(store, 'layers'))
        if (node.kind === 'directory') yield* this.#checkLayer(path, node)
      for (const pointers of possibleDirectories(store, ['layers', 'by-blob']))
        for (const [path, node] of digestEntries(pointers, 'sha256', 1))
          if (!isClean(node)) yield incompleteContent(`layers/by-blob/${path}`)
      for (const index of possibleNodes(store, 'index.json'))
        for (const need of this.#references.get(index) ?? [])
          if (!this.damaged.includes(need) && !this.#isDurable(need))
            yield {
              rule: 'needed',
              path: need,
              description: 'index.json may be on the disk without this file',
            }
    }
  }

  /** Yields the violations of a command that reports success. */
  *checkSuccess(): Iterable<Violation> {
    const description = 'the command reported success, but this may be lost'
    let directory: DiskNode | undefined = this.disk.root
    for (const [at, name] of this.store.entries()) {
      const entry: Entry | undefined =
        directory?.kind === 'directory' ? directory.entries.get(name) : undefined
      if (entry && !entry.isCertain)
        yield { rule: 'success', path: `/${this.store.slice(0, at + 1).join('/')}`, description }
      directory = entry?.now
    }
    if (directory?.kind !== 'directory') return
    for (const name of [...layoutFiles, 'blobs', 'layers']) {
      const entry = directory.entries.get(name)
      if (!entry?.now) continue
      if (!entry.isCertain) yield { rule: 'success', path: name, description }
      for (const path of losablePaths(entry.now, name)) yield { rule: 'success', path, description }
    }
  }

  *#checkLayout(store: DirectoryNode): Iterable<Violation> {
    if (possibleNodes(store, 'oci-layout').length === 0) return
    for (const name of ['index.json', 'windlass.json', 'blobs', 'layers', 'partial', 'staging']) {
      const entry = store.entries.get(name)
      // A layout of another tool has no windlass.json.
      if (entry && entry.possibleTargets.includes(undefined) && entry.now)
        yield { rule: 'layout', path: name, description: 'oci-layout may be on the disk without this file' }
    }
  }

  *#checkLayer(path: string, layer: DirectoryNode): Iterable<Violation> {
    const entry = layer.entries.get('layer.json')
    if (!entry || entry.possibleTargets.includes(undefined))
      yield { rule: 'layer', path, description: 'the layer may be on the disk without its layer.json' }
    for (const file of possibleNodes(layer, 'layer.json')) {
      if (!isClean(file)) yield incompleteContent(`${path}/layer.json`)
      const record = parse(file)
      for (const form of Object.values(objectOf(record['forms']))) {
        const name = String(objectOf(form)['rootfs'])
        const trees = layer.entries.get(name)?.possibleTargets ?? [undefined]
        for (const tree of trees)
          for (const missing of tree ? unsyncedPaths(tree, name) : [`${name} itself`])
            yield { rule: 'layer', path, description: `layer.json may be on the disk without ${missing}` }
      }
      for (const blob of listOf(record['blobs'])) {
        const pointer = `layers/by-blob/${String(objectOf(blob)['digest']).replace(':', '/')}`
        if (!this.damaged.includes(pointer) && !this.#isDurable(pointer))
          yield {
            rule: 'pointer',
            path: pointer,
            description: `${path} may be on the disk without its pointer`,
          }
      }
    }
  }

  /** Reports whether every name of `path` is durable, and its content too if it is a file. */
  #isDurable(path: string): boolean {
    let node: DiskNode | undefined = this.disk.root
    for (const name of [...this.store, ...path.split('/')]) {
      const entry: Entry | undefined = node?.kind === 'directory' ? node.entries.get(name) : undefined
      if (!entry || entry.possibleTargets.includes(undefined)) return false
      node = entry.now
    }
    return node?.kind !== 'file' || isClean(node)
  }

  /**
   * Records what an index refers to: the manifest and config of each image, each layer as a blob or a tree, and
   * everything else that it mentions and that exists.
   */
  #recordReferences(index: DiskNode): void {
    const needs = new Set<string>()
    for (const entry of listOf(parse(index)['manifests'])) this.#recordImage(objectOf(entry)['digest'], needs)
    const visit = (value: unknown): void => {
      if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
      for (const folder of ['blobs', 'layers']) {
        const path = pathOf(folder, value)
        const node = path === undefined ? undefined : this.#currentNode(path.split('/'))
        if (!node || path === undefined || seen.has(path)) continue
        seen.add(path)
        needs.add(path)
        if (node.kind === 'file') visit(parse(node))
      }
    }
    const seen = new Set<string>()
    visit(parse(index))
    this.#references.set(index, [...needs])
  }

  #recordImage(digest: unknown, needs: Set<string>): void {
    const document = (of: unknown): Record<string, unknown> => {
      const path = pathOf('blobs', of)
      if (path === undefined) return {}
      needs.add(path)
      const node = this.#currentNode(path.split('/'))
      return node ? parse(node) : {}
    }
    const { config, layers } = document(digest)
    if (config === undefined) return
    const diffIDs = listOf(objectOf(document(objectOf(config)['digest'])['rootfs'])['diff_ids'])
    for (const [at, layer] of listOf(layers).entries()) {
      const blob = pathOf('blobs', objectOf(layer)['digest'])
      const tree = pathOf('layers', diffIDs[at])
      if (blob !== undefined && !(tree !== undefined && this.#currentNode(tree.split('/')))) needs.add(blob)
    }
  }

  #currentNode(path: readonly string[]): DiskNode | undefined {
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

const incompleteContent = (path: string): Violation => ({
  rule: 'content',
  path,
  description: 'its name may be on the disk without its whole content',
})

/** Returns the possible targets of `name` after a power cut. */
const possibleNodes = (directory: DirectoryNode, name: string): DiskNode[] =>
  (directory.entries.get(name)?.possibleTargets ?? []).flatMap((node) => node ?? [])

function possibleDirectories(from: DirectoryNode, names: readonly string[]): DirectoryNode[] {
  let found = [from]
  for (const name of names)
    found = found.flatMap((each) => possibleNodes(each, name)).filter((each) => each.kind === 'directory')
  return [...new Set(found)]
}

/** Yields the possible entries of `<folder>/<algorithm>/<hex>`; with `levels` 1, of `<folder>/<hex>`. */
function* digestEntries(from: DirectoryNode, folder: string, levels = 2): Iterable<[string, DiskNode]> {
  for (const directory of possibleDirectories(from, [folder]))
    for (const name of directory.entries.keys()) {
      if (levels > 1 && /^sha\d+$/.test(name))
        for (const [path, node] of digestEntries(directory, name, levels - 1))
          yield [`${folder}/${path}`, node]
      if (levels === 1) for (const node of possibleNodes(directory, name)) yield [`${folder}/${name}`, node]
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
