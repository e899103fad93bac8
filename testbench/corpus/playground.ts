/** Unpacks cases into new directories (roots). Next to each root is a tree that unpacking must not change. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import {
  LayerApplier,
  TarReader,
  type WhiteoutTreatment,
  compareTrees,
  describeTree,
  type TreeEntry,
} from '../../lib/archive/index.js'
import { unpackBlob } from '../../lib/archive/worker/unpack-blob.js'
import { decompressor, pump, sniffCompression } from '../../lib/bytes/index.js'
import { asWindlassError, type WindlassError } from '../../lib/errors.js'
import { digestOf } from '../../lib/image/index.js'
import type { Tree } from './layer-case.js'
import { renderTree } from './render-tree.js'

/** Directory for the roots, in memory if possible. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export interface Unpacked {
  readonly tree?: Tree
  readonly error?: WindlassError
  /** Codes of the warnings in order. */
  readonly warnings: readonly string[]
}

export class Playground {
  readonly directory = mkdtempSync(join(parent, 'windlass-corpus-'))
  #count = 0
  #outside: readonly TreeEntry[] = []

  constructor() {
    // Other users must be able to traverse the directory.
    chmodSync(this.directory, 0o755)
  }

  /** Makes an empty root with mode 0755 and time 0, and `root-outside` next to it. Returns the path of the root. */
  async makeRoot(owner?: number): Promise<string> {
    const top = join(this.directory, String(++this.#count))
    const [root, outside] = [join(top, 'root'), join(top, 'root-outside')]
    mkdirSync(root, { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret'), 'untouched', { mode: 0o600 })
    writeFileSync(join(outside, 'e'), 'untouched')
    chmodSync(root, 0o755)
    if (owner !== undefined) chownSync(root, owner, owner)
    utimesSync(root, 0, 0)
    this.#outside = await describeTree(outside)
    return root
  }

  /** Returns the changes of `root-outside`, the tree next to `root`. There must be none. */
  async changesOutside(root: string): Promise<string[]> {
    const now = await describeTree(join(root, '..', 'root-outside'))
    return compareTrees(this.#outside, now).map(({ text }) => text)
  }

  /** Unpacks `layers` on top of each other into a new root with the code of the unpacking threads. */
  async unpack(
    layers: readonly Buffer[],
    whiteouts: WhiteoutTreatment,
  ): Promise<Unpacked & { root: string }> {
    const root = await this.makeRoot()
    const warnings: string[] = []
    try {
      for (const blob of layers)
        await unpackBlob(
          Readable.from(pieces(blob), { objectMode: false }),
          { path: '', into: root, whiteouts, expected: { digest: digestOf(blob), size: blob.length } },
          {
            signal: new AbortController().signal,
            onProgress: () => undefined,
            warn: (code) => warnings.push(code),
          },
        )
      return { root, warnings, tree: renderTree(await describeTree(root), { root }) }
    } catch (error) {
      return { root, warnings, error: asWindlassError(error) }
    }
  }

  /** Unpacks `layers` with the rights of `user`, to which the process changes while it accesses the tree. */
  async unpackAs(user: number, layers: readonly Buffer[]): Promise<Unpacked & { root: string }> {
    const root = await this.makeRoot(user)
    const warnings: string[] = []
    try {
      for (const blob of layers) {
        const { archive, error } = await decompressPrefix(blob)
        runAsUser(user, () => apply(archive, root, warnings, error === undefined))
        if (error) throw error
      }
      return { root, warnings, tree: renderTree(await describeTree(root), { root, ordinary: true }) }
    } catch (error) {
      return { root, warnings, error: asWindlassError(error) }
    }
  }

  remove(root: string): void {
    rmSync(join(root, '..'), { recursive: true, force: true })
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Splits `blob` into pieces of 4,999 bytes, so that blocks of the archive rarely begin at a piece. */
function* pieces(blob: Buffer): Generator<Buffer> {
  for (let at = 0; at < blob.length; at += 4999) yield blob.subarray(at, at + 4999)
}

/** Decompresses `blob` as far as possible. `error` is why decompression ended early. */
export async function decompressPrefix(
  blob: Buffer,
): Promise<{ archive: Buffer; error: WindlassError | undefined }> {
  const chunks: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  let error: WindlassError | undefined
  try {
    const { compression, stream } = await sniffCompression(Readable.from([blob], { objectMode: false }))
    await pump([stream, decompressor(compression), sink])
  } catch (failure) {
    error = asWindlassError(failure)
  }
  return { archive: Buffer.concat(chunks), error }
}

function apply(archive: Buffer, root: string, warnings: string[], isWhole: boolean): void {
  const applier = new LayerApplier({ root, whiteouts: 'apply', warn: (code) => warnings.push(code) })
  try {
    const reader = new TarReader(applier)
    reader.write(archive)
    if (!isWhole) return
    reader.finish()
    applier.finish()
  } finally {
    applier.close()
  }
}

/** Runs `work` with the rights of `user` if this process is root, else with its own. */
export function runAsUser<T>(user: number, work: () => T): T {
  if (process.geteuid?.() !== 0) return work()
  process.setegid?.(user)
  process.seteuid?.(user)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(0)
  }
}
