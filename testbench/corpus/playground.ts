/** A directory to unpack cases into, with something beside every root that must never change. */
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
import { LayerApplier, TarReader, type WhiteoutTreatment } from '../../lib/archive/index.js'
import { unpackBlob } from '../../lib/archive/worker/unpack-blob.js'
import { decompressor, pump, sniffCompression } from '../../lib/bytes/index.js'
import { asWindlassError, type WindlassError } from '../../lib/errors.js'
import { digestOf } from '../../lib/image/index.js'
import { compareTrees, describeTree, type TreeEntry } from '../../lib/archive/index.js'
import type { Tree } from './layer-case.js'
import { renderTree } from './render-tree.js'

/** In memory where there is such a place. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

export interface Unpacked {
  readonly tree?: Tree
  readonly error?: WindlassError
  /** Codes, in the order in which they came. */
  readonly warnings: readonly string[]
}

export class Playground {
  readonly directory = mkdtempSync(join(place, 'windlass-corpus-'))
  #made = 0
  #outside: readonly TreeEntry[] = []

  constructor() {
    // Others may pass through, for what runs as another user.
    chmodSync(this.directory, 0o755)
  }

  /** Another root, empty, mode 0755, time 0; the sentinel tree is `root-outside` beside it. */
  async root(owner?: number): Promise<string> {
    const top = join(this.directory, String(++this.#made))
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

  /** What of the sentinel tree beside the last root has changed: nothing, ever. */
  async changesOutside(root: string): Promise<string[]> {
    const now = await describeTree(join(root, '..', 'root-outside'))
    return compareTrees(this.#outside, now).map(({ text }) => text)
  }

  /** As the workers do it: `layers` one over the other in a new root, each verified by its digest. */
  async unpack(
    layers: readonly Buffer[],
    whiteouts: WhiteoutTreatment,
  ): Promise<Unpacked & { root: string }> {
    const root = await this.root()
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

  /** The same by `user`, whose rights the process takes for as long as it touches the tree. */
  async unpackAs(user: number, layers: readonly Buffer[]): Promise<Unpacked & { root: string }> {
    const root = await this.root(user)
    const warnings: string[] = []
    try {
      for (const blob of layers) {
        const { archive, error } = await decompressed(blob)
        asUser(user, () => apply(archive, root, warnings, error === undefined))
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

/** Of odd lengths, so that no block of an archive begins where a piece does. */
function* pieces(blob: Buffer): Generator<Buffer> {
  for (let at = 0; at < blob.length; at += 4999) yield blob.subarray(at, at + 4999)
}

/** What comes of `blob`, as far as it comes, and what it ends with. */
async function decompressed(blob: Buffer): Promise<{ archive: Buffer; error: WindlassError | undefined }> {
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

function apply(archive: Buffer, root: string, warnings: string[], whole: boolean): void {
  const applier = new LayerApplier({ root, whiteouts: 'apply', warn: (code) => warnings.push(code) })
  try {
    const reader = new TarReader(applier)
    reader.write(archive)
    if (!whole) return
    reader.finish()
    applier.finish()
  } finally {
    applier.close()
  }
}

/** Only root can be somebody else: for all others, `work` as they are. */
export function asUser<T>(user: number, work: () => T): T {
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
