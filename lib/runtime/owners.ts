/**
 * Lists what an ordinary user cannot set in the tree of an image: owners, devices and privileged attributes. The list is
 * kept beside the tree, so that a program with the necessary privileges can set them later.
 */
import { FlatTree, type TarEntry, type UnpackPool } from '../archive/index.js'
import type { Digest } from '../image/index.js'
import { open } from '../system/files.js'
import type { Store } from '../store/index.js'

/** Name of the list in a bundle. */
export const ownersFileName = 'owners.jsonl'

/** A layer whose blob is in the store. */
export interface OwnedLayer {
  readonly digest: Digest
  readonly size: number
  readonly diffID: Digest
}

/** Options of `listOwners`. */
export interface OwnersContext {
  readonly store: Store
  readonly pool: UnpackPool
  readonly signal: AbortSignal
}

/**
 * Returns a line of JSON for each entry that the tree of an ordinary user lacks or has with another owner, in byte order
 * of the paths. Reads the blobs of all layers, because the trees in the store lack the same.
 * @returns undefined if a blob is not in the store
 * @throws WindlassError as `UnpackPool.read`
 */
export async function listOwners(
  layers: readonly OwnedLayer[],
  { store, pool, signal }: OwnersContext,
): Promise<readonly string[] | undefined> {
  const flat = new FlatTree()
  for (const { digest, size, diffID } of layers) {
    if (!(await store.blobs.has(digest, size))) return undefined
    flat.nextLayer()
    let ordinal = 0
    await pool.read(
      { layer: { kind: 'blob', path: store.blobs.path(digest), expected: { digest, size, diffID } } },
      { signal, onEntry: (entry) => flat.apply(withoutContent(entry), ordinal++) },
    )
  }
  const root = flat.root.entry
  const lines = root ? [lineOf('.', root)] : []
  for (const each of flat.entries()) {
    const entry = 'leaf' in each ? each.leaf.entry : each.directory.entry
    if (entry) lines.push(lineOf(each.path, entry))
  }
  return lines.filter((line) => line !== undefined)
}

/** Writes lines to a new file. @throws the errors of `node:fs` */
export async function writeOwners(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'wx', 0o644)
  try {
    await file.write(lines.map((line) => `${line}\n`).join(''))
  } finally {
    await file.close()
  }
}

/** Returns the line of an entry; undefined if an ordinary user can create it as it is. */
function lineOf(path: string, { type, uid, gid, mode, device, xattrs }: TarEntry): string | undefined {
  const privileged = [...xattrs].filter(([name]) => /^(?:trusted|security)\./.test(name))
  const isDevice = type === 'character-device' || type === 'block-device'
  if (uid === 0 && gid === 0 && !isDevice && privileged.length === 0) return undefined
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString('utf8')
  return JSON.stringify({
    ...(Buffer.from(text).equals(bytes) ? { path: text } : { pathBase64: bytes.toString('base64') }),
    ...{ type, uid, gid, mode: mode.toString(8).padStart(4, '0') },
    ...(isDevice && device && { device: [device.major, device.minor] }),
    ...(privileged.length > 0 && {
      xattrs: Object.fromEntries(privileged.map(([name, value]) => [name, value.toString('base64')])),
    }),
  })
}

/** Copies the fields of an entry, because an entry of a sink keeps its stream. */
function withoutContent(entry: TarEntry): TarEntry {
  const { path, type, size, mode, uid, gid, mtime, linkTarget, device, xattrs, sparse } = entry
  return { path, type, size, mode, uid, gid, mtime, linkTarget, device, xattrs, sparse }
}
