/**
 * Lists the places of a store where a bit may flip: in the bytes of a file, in its name, and in the attributes of tree
 * entries.
 */
import {
  constants,
  chmodSync,
  closeSync,
  lchownSync,
  lstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { getXattr, listXattrs, makeNode, removeXattr, setTimes, setXattr } from '../../lib/system/index.js'
import type { Random } from '../../testbench/fuzz/random.js'

export interface FlipPoint {
  /** Kind of the object, a row of the table. */
  readonly kind: string
  /** Description of the place for messages. */
  readonly place: string
  /** Path at, above or below which the problem must be reported. */
  readonly path: string
  /** Flips the bit and returns a function that restores it. */
  readonly flip: () => () => void
}

/** Yields bits of a byte string: of its first, middle and last byte, and of `more` random bytes. */
function* bits(length: number, more: number, random: Random): Iterable<number> {
  if (length === 0) return
  const bytes = [0, length >> 1, length - 1, ...Array.from({ length: more }, () => random.below(length))]
  const seen = new Set<number>()
  for (const byte of bytes) {
    const bit = byte * 8 + random.below(8)
    if (!seen.has(bit)) yield bit
    seen.add(bit)
  }
}

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

const path = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [Buffer.from('/'), Buffer.from(part)])),
  )
const toLatin1 = (bytes: Buffer): string => bytes.toString('latin1')
const parentOf = (file: Buffer): Buffer => file.subarray(0, file.lastIndexOf('/'))

/** Whether a tree entry is a whiteout, of the overlay or the aufs form. */
const isWhiteout = (file: Buffer, stats: { isCharacterDevice(): boolean; rdev: bigint }): boolean =>
  (stats.isCharacterDevice() && stats.rdev === 0n) ||
  toLatin1(file.subarray(file.lastIndexOf('/') + 1)).startsWith('.wh.')

/** The text around a byte of a JSON file, for messages. */
const around = (file: Buffer, at: number): string =>
  toLatin1(file).endsWith('.json')
    ? ` in ${JSON.stringify(readFileSync(file, 'latin1').slice(Math.max(0, at - 30), at + 10))}`
    : ''

/** Runs `change` and restores the times of `files`, so that only the bit differs. */
function keepingTimes(files: readonly Buffer[], change: () => void): void {
  const before = files.map((file) => lstatSync(file, { bigint: true }))
  change()
  for (const [at, file] of files.entries()) setTimes(file, before[at]!.atimeNs, before[at]!.mtimeNs)
}

function flipByte(file: Buffer, bit: number): void {
  keepingTimes([file], () => {
    const opened = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW)
    try {
      const byte = Buffer.alloc(1)
      readSync(opened, byte, 0, 1, bit >> 3)
      writeSync(opened, flipped(byte, bit & 7), 0, 1, bit >> 3)
    } finally {
      closeSync(opened)
    }
  })
}

export class FlipPoints {
  constructor(
    private readonly store: string,
    private readonly more: number,
    private readonly random: Random,
  ) {}

  *all(): Iterable<FlipPoint> {
    for (const name of ['index.json', 'oci-layout', 'windlass.json'])
      // These files are small, and each of their bits is significant.
      yield* this.#bytes(name, path(this.store, name), name === 'index.json' ? 20 * this.more : 3 * this.more)
    for (const hex of readdirSync(`${this.store}/blobs/sha256`)) {
      const blob = path(this.store, 'blobs/sha256', hex)
      yield* this.#bytes(`blob: ${kindOf(readFileSync(blob))}`, blob)
      // The blob of an unpacked layer may be missing. The problem is then that of the renamed blob, whose digest does
      // not match.
      yield* this.#name('name of a blob', blob, `${this.store}/blobs/sha256`)
    }
    for (const hex of readdirSync(`${this.store}/layers/by-blob/sha256`)) {
      const pointer = path(this.store, 'layers/by-blob/sha256', hex)
      // The problem is reported for the layer of the pointer.
      const layer = `${this.store}/layers/${readFileSync(pointer, 'latin1').trim().replace(':', '/')}`
      yield* this.#bytes('pointer to a layer', pointer, this.more, layer)
      yield* this.#name('name of a pointer', pointer, layer)
    }
    for (const hex of readdirSync(`${this.store}/layers/sha256`)) {
      const layer = path(this.store, 'layers/sha256', hex)
      yield* this.#name('name of a layer', layer, `${this.store}/layers/sha256`)
      yield* this.#bytes('layer.json', path(layer, 'layer.json'), 4 * this.more)
      for (const tree of readdirSync(layer).filter((name) => name.startsWith('rootfs'))) {
        yield* this.#name('name of a tree', path(layer, tree), toLatin1(layer))
        yield* this.#entry(path(layer, tree), true)
      }
    }
  }

  *#bytes(kind: string, file: Buffer, more = this.more, at = toLatin1(file)): Iterable<FlipPoint> {
    for (const bit of bits(lstatSync(file).size, more, this.random))
      yield {
        kind,
        place: `${toLatin1(file)}, byte ${bit >> 3}, bit ${bit & 7}${around(file, bit >> 3)}`,
        path: at,
        flip: () => {
          flipByte(file, bit)
          return () => flipByte(file, bit)
        },
      }
  }

  *#name(kind: string, file: Buffer, at = toLatin1(file)): Iterable<FlipPoint> {
    const slash = file.lastIndexOf('/') + 1
    const name = file.subarray(slash)
    for (const bit of bits(name.length, 0, this.random)) {
      const other = flipped(name, bit)
      if (other.includes(0) || other.includes('/') || ['.', '..'].includes(toLatin1(other))) continue
      const to = path(parentOf(file), other)
      yield this.#rename(kind, file, to, at)
    }
  }

  #rename(kind: string, from: Buffer, to: Buffer, at: string): FlipPoint {
    const parent = [parentOf(from)]
    return {
      kind,
      place: `${toLatin1(from)} as ${JSON.stringify(toLatin1(to))}`,
      path: at,
      flip: () => {
        keepingTimes(parent, () => renameSync(from, to))
        return () => keepingTimes(parent, () => renameSync(to, from))
      },
    }
  }

  /** Yields the points of an entry of a tree and its descendants. */
  *#entry(file: Buffer, isRoot = false): Iterable<FlipPoint> {
    const stats = lstatSync(file, { bigint: true })
    const at = toLatin1(file)
    const { random } = this
    const change = (kind: string, place: string, to: () => void, back: () => void): FlipPoint => ({
      kind: `tree: ${kind}`,
      place: `${at}: ${place}`,
      path: at,
      flip: () => {
        to()
        return back
      },
    })
    if (!isRoot) yield* this.#name('tree: name', file)
    if (stats.isFile()) yield* this.#bytes('tree: content', file, 1)
    if (!stats.isSymbolicLink())
      for (const bit of [0, 8, random.below(12)]) {
        const mode = Number(stats.mode & 0o7777n)
        yield change(
          'mode',
          `bit ${bit}`,
          () => chmodSync(file, mode ^ (1 << bit)),
          () => chmodSync(file, mode),
        )
      }
    const [uid, gid] = [Number(stats.uid), Number(stats.gid)]
    const chown = (u: number, g: number): void => {
      const note = xattrsOf(file) // chown drops capabilities and setuid bits
      lchownSync(file, u, g)
      if (!stats.isSymbolicLink()) chmodSync(file, Number(stats.mode & 0o7777n))
      for (const [name, value] of note) setXattr(file, name, value)
    }
    const bit = random.below(16)
    // No archive says who owns a whiteout, so its owner may be any.
    if (!isWhiteout(file, stats)) {
      yield change(
        'owner',
        `uid bit ${bit}`,
        () => chown(uid ^ (1 << bit), gid),
        () => chown(uid, gid),
      )
      yield change(
        'owner',
        `gid bit ${bit}`,
        () => chown(uid, gid ^ (1 << bit)),
        () => chown(uid, gid),
      )
    }
    for (const at of [0, 20 + random.below(10), 30 + random.below(5)]) {
      const other = stats.mtimeNs ^ (1n << BigInt(at))
      yield change(
        'mtime',
        `bit ${at}`,
        () => setTimes(file, stats.atimeNs, other),
        () => setTimes(file, stats.atimeNs, stats.mtimeNs),
      )
    }
    for (const [name, value] of xattrsOf(file)) {
      // The kernel validates other namespaces and rejects invalid values.
      if (!name.startsWith('user.')) continue
      for (const bit of bits(value.length, 0, random))
        yield change(
          'xattr value',
          `${name} bit ${bit}`,
          () => setXattr(file, name, flipped(value, bit)),
          () => setXattr(file, name, value),
        )
      const other = `user.${toLatin1(flipped(Buffer.from(name.slice(5)), 0))}`
      yield change(
        'xattr name',
        other,
        () => swapXattr(file, name, other, value),
        () => swapXattr(file, other, name, value),
      )
    }
    const capability = xattrsOf(file).get('security.capability')
    if (capability) {
      const other = flipped(capability, 8 * 5 + 1)
      yield change(
        'xattr value',
        'security.capability',
        () => setXattr(file, 'security.capability', other),
        () => setXattr(file, 'security.capability', capability),
      )
    }
    if (stats.isSymbolicLink()) {
      const target = readlinkSync(file, { encoding: 'buffer' })
      const set = (to: Buffer): void =>
        keepingTimes([parentOf(file)], () => {
          unlinkSync(file)
          symlinkSync(to, file)
          lchownSync(file, uid, gid)
          setTimes(file, stats.atimeNs, stats.mtimeNs)
        })
      for (const bit of bits(target.length, 1, random)) {
        const other = flipped(target, bit)
        if (!other.includes(0))
          yield change(
            'link target',
            `bit ${bit}`,
            () => set(other),
            () => set(target),
          )
      }
    }
    if (stats.isCharacterDevice() || stats.isBlockDevice()) {
      const major = Number((stats.rdev >> 8n) & 0xfffn)
      const minor = Number((stats.rdev & 0xffn) | ((stats.rdev >> 12n) & 0xffffff00n))
      const set = (a: number, b: number): void =>
        keepingTimes([parentOf(file)], () => {
          unlinkSync(file)
          makeNode(file, Number(stats.mode), a, b)
          lchownSync(file, uid, gid)
          chmodSync(file, Number(stats.mode & 0o7777n))
          setTimes(file, stats.atimeNs, stats.mtimeNs)
        })
      yield change(
        'device',
        'major',
        () => set(major ^ 4, minor),
        () => set(major, minor),
      )
      yield change(
        'device',
        'minor',
        () => set(major, minor ^ 1),
        () => set(major, minor),
      )
    }
    if (!stats.isDirectory()) return
    for (const name of readdirSync(file, { encoding: 'buffer' })) yield* this.#entry(path(file, name))
  }
}

const xattrsOf = (file: Buffer): Map<string, Buffer> =>
  new Map(listXattrs(file).map((name) => [name, getXattr(file, name)]))

function swapXattr(file: Buffer, from: string, to: string, value: Buffer): void {
  removeXattr(file, from)
  setXattr(file, to, value)
}

function kindOf(bytes: Buffer): string {
  if (bytes[0] !== 0x7b) return 'layer'
  const document = JSON.parse(bytes.toString()) as object
  if ('manifests' in document) return 'index'
  if ('fsLayers' in document) return 'schema 1 manifest'
  return 'layers' in document ? 'manifest' : 'config'
}
