/**
 * Reads an unpacked layer back as a sequence of entries, with whiteouts as in an archive. Used to build a root file
 * system when the compressed layers are gone.
 */
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs'
import { errnoOf } from '../../system/errno.js'
import { systemCallsAvailable, getXattr, listXattrs, isBoundByModes } from '../../system/index.js'
import type { EntryHandler, EntryType, TarEntry } from '../tar/entry.js'
import { isOverlayXattr, opaqueXattrs } from '../whiteouts/form.js'
import { opaqueName, whiteoutName } from '../whiteouts/name.js'
import { latin1Of, toPathBytes } from './bytes-path.js'
import { unpackError } from '../failure.js'

interface OpenDirectory {
  readonly path: string
  readonly names: string[]
  /** The mode to restore; undefined if it was not changed to read the directory. */
  readonly mode: number | undefined
}

/** Bytes of content to read at once. Large, so that most files need one read. */
const chunkSize = 1 << 20
const noXattrs: ReadonlyMap<string, Buffer> = new Map()

/**
 * Passes the entries of the layer unpacked at `directory` to `handler`: a directory before its content, names in byte
 * order. Yields after each entry and chunk, so that the caller can stop. Restores all modes that it changes, also if
 * the generator is stopped early.
 * @param implied directories without an entry in the layer, which are not passed on: see `UnpackResult.implied`
 * @param withContent whether the content of files is read and passed on (default true)
 * @throws WindlassError STORE_* when something cannot be read; the errors of `handler`
 */
export function* readLayerDirectory(
  directory: string,
  handler: EntryHandler,
  implied: readonly string[] = [],
  withContent = true,
): Generator<undefined, void> {
  const unlisted = new Set(implied)
  const root = withUnpackErrors(latin1Of(directory), () => latin1Of(realpathSync(directory)))
  const open: OpenDirectory[] = []
  const firstPathByInode = new Map<string, string>()
  const buffer = Buffer.allocUnsafe(chunkSize)
  const enter = (path: string, stats: BigIntStats): void => {
    emitDirectory(root, path, stats, handler, unlisted)
    open.push(openDirectory(path, stats))
  }
  try {
    enter(
      root,
      withUnpackErrors(root, () => lstatSync(toPathBytes(root), { bigint: true })),
    )
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      const name = last.names.pop()
      if (name === undefined) {
        open.pop()
        restoreMode(last)
        continue
      }
      const path = `${last.path}/${name}`
      const stats = withUnpackErrors(path, () => lstatSync(toPathBytes(path), { bigint: true }))
      if (stats.isDirectory()) enter(path, stats)
      else yield* emitEntry(root, path, stats, firstPathByInode, withContent ? buffer : undefined, handler)
      yield
    }
  } finally {
    for (const each of open.reverse()) restoreMode(each)
  }
}

function emitDirectory(
  root: string,
  path: string,
  stats: BigIntStats,
  handler: EntryHandler,
  unlisted: ReadonlySet<string>,
): void {
  const { xattrs, opaque } = withUnpackErrors(path, () => attributesOf(path, stats))
  const pathInLayer = path.slice(root.length + 1)
  const name = pathInLayer === '' ? '.' : pathInLayer
  if (!unlisted.has(name)) {
    handler.entry(entryOf(name, 'directory', stats, { xattrs }))
    handler.end()
  }
  if (!opaque) return
  handler.entry(entryOf(pathInLayer === '' ? opaqueName : `${pathInLayer}/${opaqueName}`, 'file', stats, {}))
  handler.end()
}

function* emitEntry(
  root: string,
  path: string,
  stats: BigIntStats,
  firstPathByInode: Map<string, string>,
  buffer: Buffer | undefined,
  handler: EntryHandler,
): Generator<undefined, void> {
  const pathInLayer = path.slice(root.length + 1)
  const type = typeOf(stats)
  if (type === undefined) return
  if (type === 'character-device' && stats.rdev === 0n) {
    const slash = pathInLayer.lastIndexOf('/') + 1
    const hidden = pathInLayer.slice(0, slash) + whiteoutName(pathInLayer.slice(slash))
    handler.entry(entryOf(hidden, 'file', stats, {}))
    handler.end()
    return
  }
  const first = stats.nlink > 1n ? firstPathByInode.get(inodeKey(stats)) : undefined
  if (first !== undefined) {
    handler.entry(entryOf(pathInLayer, 'hardlink', stats, { linkTarget: first }))
    handler.end()
    return
  }
  if (stats.nlink > 1n) firstPathByInode.set(inodeKey(stats), pathInLayer)
  const { xattrs } = withUnpackErrors(path, () => attributesOf(path, stats))
  if (type === 'symlink') {
    const linkTarget = withUnpackErrors(path, () => readlinkSync(toPathBytes(path), { encoding: 'latin1' }))
    handler.entry(entryOf(pathInLayer, type, stats, { xattrs, linkTarget }))
  } else if (type === 'file') {
    const size = Number(stats.size)
    const sparse = stats.blocks * 512n < stats.size
    handler.entry(entryOf(pathInLayer, type, stats, { xattrs, size, sparse }))
    if (buffer) yield* passContent(path, stats, sparse, buffer, handler)
  } else {
    const device = type === 'fifo' ? undefined : deviceOf(stats.rdev)
    handler.entry(entryOf(pathInLayer, type, stats, { xattrs, device }))
  }
  handler.end()
}

/** Passes the content of a file to `handler`. Skips chunks of zeros in a file with holes. */
function* passContent(
  path: string,
  stats: BigIntStats,
  sparse: boolean,
  buffer: Buffer,
  handler: EntryHandler,
): Generator<undefined, void> {
  const fd = withUnpackErrors(path, () => openToRead(path, Number(stats.mode & 0o7777n)))
  try {
    for (let offset = 0; ;) {
      const count = withUnpackErrors(path, () => readSync(fd, buffer, 0, buffer.length, offset))
      if (count === 0) return
      const chunk = buffer.subarray(0, count)
      if (!sparse || !isZero(chunk)) handler.data(chunk, offset)
      offset += count
      yield
    }
  } finally {
    closeSync(fd)
  }
}

/** Opens a file. Makes it readable temporarily if its owner may not read it. */
function openToRead(path: string, mode: number): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  return withReadPermission(path, mode, () => openSync(toPathBytes(path), flags))
}

/** Returns the result of `read`. If its owner may not read the file, makes it readable for that time. */
function withReadPermission<T>(path: string, mode: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
  }
  chmodSync(toPathBytes(path), mode | 0o400)
  try {
    return read()
  } finally {
    chmodSync(toPathBytes(path), mode)
  }
}

function openDirectory(path: string, stats: BigIntStats): OpenDirectory {
  const mode = Number(stats.mode & 0o7777n)
  const needsPermission = isBoundByModes() && (mode & 0o500) !== 0o500
  return withUnpackErrors(path, () => {
    if (needsPermission) chmodSync(toPathBytes(path), mode | 0o500)
    const names = readdirSync(toPathBytes(path), { encoding: 'latin1' }).sort().reverse()
    return { path, names, mode: needsPermission ? mode : undefined }
  })
}

function restoreMode({ path, mode }: OpenDirectory): void {
  if (mode !== undefined) chmodSync(toPathBytes(path), mode)
}

function attributesOf(
  path: string,
  stats: BigIntStats,
): { xattrs: ReadonlyMap<string, Buffer>; opaque: boolean } {
  if (!systemCallsAvailable()) return { xattrs: noXattrs, opaque: false }
  const bytes = toPathBytes(path)
  const names = listXattrs(bytes)
  if (names.length === 0) return { xattrs: noXattrs, opaque: false }
  const xattrs = new Map<string, Buffer>()
  // Attributes set by the host, for example `security.selinux`, are not part of the layer.
  for (const name of names)
    if (!isOverlayXattr(name) && (!name.startsWith('security.') || name === 'security.capability'))
      xattrs.set(
        name,
        withReadPermission(path, Number(stats.mode & 0o7777n), () => getXattr(bytes, name)),
      )
  return { xattrs, opaque: names.some((name) => opaqueXattrs.has(name)) }
}

function entryOf(path: string, type: EntryType, stats: BigIntStats, overrides: Partial<TarEntry>): TarEntry {
  return {
    path,
    type,
    size: 0,
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: stats.mtimeNs,
    linkTarget: '',
    device: undefined,
    xattrs: noXattrs,
    sparse: false,
    ...overrides,
  }
}

function typeOf(stats: BigIntStats): EntryType | undefined {
  if (stats.isFile()) return 'file'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isCharacterDevice()) return 'character-device'
  if (stats.isBlockDevice()) return 'block-device'
  return stats.isFIFO() ? 'fifo' : undefined
}

/** Splits a device number like `major` and `minor` of glibc. */
function deviceOf(rdev: bigint): { major: number; minor: number } {
  const major = ((rdev >> 32n) & 0xfffff000n) | ((rdev >> 8n) & 0xfffn)
  const minor = ((rdev >> 12n) & 0xffffff00n) | (rdev & 0xffn)
  return { major: Number(major), minor: Number(minor) }
}

const inodeKey = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`

const isZero = (chunk: Buffer): boolean =>
  chunk[0] === 0 && chunk.compare(chunk, 0, chunk.length - 1, 1, chunk.length) === 0

function withUnpackErrors<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unpackError(path, error)
  }
}
