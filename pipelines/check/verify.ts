/**
 * Verifies a whole store: every name and every layer record against its checksum, every blob against its digest, and
 * every unpacked tree, entry by entry, against the content of its blob. No second tree is written for the comparison. A
 * pull records no checksums of its trees, because that would require it to read all files again after writing them.
 */
import { join } from 'node:path'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'
import {
  type RepairedFile,
  type NamedImage,
  type Store,
  invalidPointers,
  readableInventory,
  verifyBlob,
} from '../../lib/store/index.js'
import { type FoundProblem, FoundProblems, type NewProblem, type StoreProblem } from './found-problems.js'
import type { VerifyOptions, VerifyReport } from './verify-report.js'
import { type ImageParts, type LayerPart, type NamedParts, PartsReader } from './image-parts.js'
import type { Repair } from './repair.js'
import { faultyEntries } from './verify-entries.js'
import { type LayerCheck, checkTrees } from './verify-layer.js'

export type { VerifyOptions, VerifyProgress, VerifyReport } from './verify-report.js'

/** The store, and the objects that compare trees and repair blobs. */
export interface VerifyParts {
  readonly store: Store
  readonly layers: LayerCheck
  /** Undefined if nothing is to be repaired. */
  readonly repair: Repair | undefined
  /** Files that were repaired before the store could be opened. */
  readonly repaired?: readonly RepairedFile[]
  readonly onProgress?: VerifyOptions['onProgress'] | undefined
}

/**
 * Verifies a store, and repairs it if `parts.repair` is given. Damage is reported in the result and is not an error.
 *
 * @throws STORE_CORRUPT when the list of names cannot be read; CANCELLED when `signal` aborts; STORE_IO, STORE_DENIED
 * and other errors of the disk
 */
export async function verifyStore(parts: VerifyParts, signal?: AbortSignal): Promise<VerifyReport> {
  try {
    return await new Verification(parts, signal).report()
  } catch (error) {
    const reason: unknown = signal?.aborted ? signal.reason : error
    if (!signal?.aborted || reason instanceof WindlassError) throw reason
    throw new WindlassError('CANCELLED', 'The verification was cancelled', { cause: reason })
  }
}

class Verification {
  readonly #store: Store
  readonly #reader: PartsReader
  readonly #problems = new FoundProblems()
  /** Images without any problem. */
  readonly #intact = new WeakSet<ImageParts>()
  /** Verified blobs; true if the blob is intact or repaired. */
  readonly #verified = new Map<Digest, boolean>()
  readonly #treesChecked = new Set<Digest>()
  readonly #unverifiable = new Set<Digest>()
  #nameCount = 0
  #intactBytes = 0
  #treeCount = 0

  constructor(
    private readonly parts: VerifyParts,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#store = parts.store
    this.#reader = new PartsReader(parts.store, signal)
  }

  async report(): Promise<VerifyReport> {
    const store = this.#store
    await this.#verifyLayout()
    await this.#verifyNames()
    await this.#verifyImages(await store.names.listAll())
    const { items, unexpectedPaths } = await readableInventory(store.directory)
    for (const { kind, digest } of items) if (kind === 'blob') await this.#verifyUnreferencedBlob(digest)
    for (const { kind, digest } of items) if (kind === 'layer') await this.#verifyUnreferencedLayer(digest)
    await this.#verifyPointers()
    return {
      images: this.#nameCount,
      blobs: this.#verified.size,
      bytes: this.#intactBytes,
      trees: this.#treeCount,
      problems: this.#problems.toList(),
      unverifiable: [...this.#unverifiable],
      unreferenced: await this.#findUnreferenced(),
      unexpectedPaths,
    }
  }

  async #verifyLayout(): Promise<void> {
    const { repaired = [] } = this.parts
    const [first] = repaired
    if (first) {
      const why = repaired.map((file) => `${file.path}: ${file.why}`).join('; ')
      await this.#recordAndRepair({ kind: 'layout', images: [], path: first.path, why }, () =>
        Promise.resolve(),
      )
    }
    const fault = await this.#store.layoutFault()
    if (fault)
      await this.#recordAndRepair({ kind: 'layout', images: [], ...fault }, () =>
        this.#store.repairLayout(fault),
      )
  }

  /** Reports faulty entries of `index.json`. They cannot be repaired: what they contained is not recorded elsewhere. */
  async #verifyNames(): Promise<void> {
    for (const { names, digest, why, removeArgument } of await faultyEntries(this.#store))
      await this.#recordAndRepair(
        {
          ...{ kind: 'name' as const, path: join(this.#store.directory, 'index.json') },
          ...(digest && { digest }),
          images: names,
          why,
        },
        () =>
          Promise.reject(
            new WindlassError('UNSUPPORTED', 'The content of the entry is lost', {
              hint: `Pull the image again, which writes a new entry. Remove a wrong name with “windlass rm ${removeArgument}”.`,
            }),
          ),
      )
  }

  async #verifyImages(all: readonly NamedImage[]): Promise<void> {
    this.#nameCount = all.length
    const unread: NamedImage[] = []
    for (const [index, named] of all.entries()) {
      if (!(await this.#verifyImage(named))) unread.push(named)
      this.parts.onProgress?.({ done: index + 1, total: all.length })
    }
    // A later name may have repaired a document that made an earlier name unreadable.
    if (this.parts.repair) for (const named of unread) await this.#verifyImage(named)
  }

  /**
   * Verifies everything that the name needs. Returns false if a document cannot be read, so that some parts are
   * unknown. If another process changes or removes the name meanwhile, no problem is reported.
   */
  async #verifyImage(named: NamedImage): Promise<boolean> {
    this.signal?.throwIfAborted()
    let parts = await this.#reader.read(named)
    for (;;) {
      if (this.#intact.has(parts.shared)) return true
      for (const { kind, descriptor } of parts.documents)
        await this.#verifyImageBlob(kind, descriptor.digest, parts, descriptor.size)
      for (const layer of parts.layers) await this.#verifyImageLayer(layer, parts)
      if (parts.readable) break
      // A document that was repaired may refer to parts that are not verified yet.
      const reread = await this.#reader.read(named)
      if (!reread.readable && reread.documents.length <= parts.documents.length) return false
      parts = reread
    }
    if (this.#isIntact(parts)) this.#intact.add(parts.shared)
    return true
  }

  /** Reports whether no part has a problem. Other names with the same target then need no verification. */
  #isIntact({ documents, layers }: ImageParts): boolean {
    const digests = [...documents, ...layers].map(({ descriptor }) => descriptor.digest)
    const diffIDs = layers.flatMap(({ diffID }) => diffID ?? [])
    return [...digests, ...diffIDs].every((digest) => this.#problems.of(digest).length === 0)
  }

  /** Verifies and repairs a blob. Returns whether it is intact afterwards. */
  async #verifyImageBlob(
    kind: StoreProblem['kind'],
    digest: Digest,
    parts: NamedParts,
    size: number | undefined,
    mayBeMissing = false,
  ): Promise<boolean> {
    const known = this.#verified.get(digest)
    if (known !== undefined) return this.#repairVerifiedBlob(kind, digest, parts, known)
    this.signal?.throwIfAborted()
    const path = this.#store.blobs.path(digest)
    const found = await this.#verifyBlob(digest, size)
    if (found.state === 'missing' && mayBeMissing) return false
    if (found.state !== 'whole' && !(await parts.isCurrent())) return false
    const isIntact = found.state === 'whole'
    const repaired =
      !isIntact &&
      (await this.#recordAndRepair(
        {
          kind,
          digest,
          path,
          images: [parts.name],
          why: found.state === 'missing' ? 'it is missing' : found.why,
        },
        (repair) => repair.replaceBlob(kind, digest, parts),
        parts,
      ))
    this.#verified.set(digest, isIntact || repaired)
    return isIntact || repaired
  }

  /** Handles a blob that was verified for another name. Repairs a damaged one from the source of `parts`, if possible. */
  async #repairVerifiedBlob(
    kind: StoreProblem['kind'],
    digest: Digest,
    parts: NamedParts,
    isIntact: boolean,
  ): Promise<boolean> {
    const problems = this.#problems.of(digest).filter((problem) => problem.kind !== 'tree')
    for (const problem of problems) problem.addAffectedImage(parts.name)
    const [problem] = problems
    if (isIntact || !problem) return isIntact
    const repaired = await this.#tryRepair(
      problem,
      (repair) => repair.replaceBlob(kind, digest, parts),
      parts,
    )
    if (repaired) this.#verified.set(digest, true)
    return repaired
  }

  async #verifyImageLayer({ descriptor, diffID }: LayerPart, parts: NamedParts): Promise<void> {
    const { digest, size } = descriptor
    const disk = diffID && (await this.parts.layers.findLayer(diffID))
    // A layer that is unpacked needs no blob, unless the store has kept it. Without a diffID, it is unknown whether the
    // layer is unpacked.
    const isBlobKept = disk?.blobs.some((each) => each.digest === digest && each.kept) ?? false
    const mayBeMissing = (disk !== undefined && !isBlobKept) || diffID === undefined
    const isBlobIntact = await this.#verifyImageBlob('layer', digest, parts, size, mayBeMissing)
    if (!diffID || !disk) return
    const repairTree = async (repair: Repair): Promise<void> => {
      if (!(await this.#store.blobs.has(digest, size))) await repair.replaceBlob('layer', digest, parts)
      await this.parts.layers.replace(disk, { descriptor, diffID }, this.signal)
    }
    if (this.#treesChecked.has(diffID)) {
      const [problem] = this.#problems.of(diffID).filter(({ kind }) => kind === 'tree')
      problem?.addAffectedImage(parts.name)
      if (problem) await this.#tryRepair(problem, repairTree, parts)
      return
    }
    const source = isBlobIntact ? { descriptor, diffID } : undefined
    if (!source && disk.faults.length === 0) {
      // Another name may need the same layer with a blob that is in the store.
      this.#unverifiable.add(diffID)
      return
    }
    this.#treesChecked.add(diffID)
    this.#unverifiable.delete(diffID)
    const { compared, why, unknown } = await checkTrees(this.parts.layers, disk, source, this.signal)
    this.#treeCount += compared
    if (unknown && why === undefined) this.#unverifiable.add(diffID)
    if (why === undefined || !(await parts.isCurrent())) return
    await this.#recordAndRepair(
      { kind: 'tree', digest: diffID, path: disk.path, images: [parts.name], why },
      repairTree,
      parts,
    )
  }

  /** Verifies a blob that no name needs. */
  async #verifyUnreferencedBlob(digest: Digest): Promise<void> {
    if (this.#verified.has(digest)) return
    this.signal?.throwIfAborted()
    const found = await this.#verifyBlob(digest)
    if (found.state === 'missing') return
    this.#verified.set(digest, found.state === 'whole')
    if (found.state === 'whole') return
    const path = this.#store.blobs.path(digest)
    await this.#recordAndRepair({ kind: 'blob', digest, path, images: [], why: found.why }, async () => {
      const { actual, inode } = found
      // The content may be intact and the file name wrong.
      if (actual && !(await this.#store.blobs.has(actual)))
        await this.#store.blobs.adopt(path, actual, this.signal)
      else await this.#store.garbage.discard({ path, inode }, this.signal)
    })
  }

  /** Verifies an unpacked layer that no name needs. The next pull that needs the layer would reuse it. */
  async #verifyUnreferencedLayer(diffID: Digest): Promise<void> {
    if (this.#treesChecked.has(diffID)) return
    this.signal?.throwIfAborted()
    this.#treesChecked.add(diffID)
    const disk = await this.parts.layers.findLayer(diffID)
    if (!disk) return
    const descriptor = disk.blobs.find(({ digest }) => this.#verified.get(digest))
    const source = descriptor && { descriptor, diffID }
    if (!source && disk.faults.length === 0) {
      this.#unverifiable.add(diffID)
      return
    }
    this.#unverifiable.delete(diffID)
    const { compared, why, unknown } = await checkTrees(this.parts.layers, disk, source, this.signal)
    this.#treeCount += compared
    if (unknown && why === undefined) this.#unverifiable.add(diffID)
    if (why === undefined) return
    await this.#recordAndRepair(
      { kind: 'tree', digest: diffID, path: disk.path, images: [], why },
      async () => {
        if (source) return this.parts.layers.replace(disk, source, this.signal)
        throw new WindlassError('UNSUPPORTED', 'The store has no blob to unpack it from', {
          hint: 'No name needs it: “windlass gc” removes it.',
        })
      },
    )
  }

  /**
   * Reports pointers from blobs to layers that are not regular files. Because of them, a layer cannot be found, or
   * cannot be unpacked again.
   */
  async #verifyPointers(): Promise<void> {
    for (const { blob, path, inode } of await invalidPointers(this.#store.directory))
      await this.#recordAndRepair(
        { kind: 'pointer', digest: blob, path, images: [], why: 'it is not a regular file' },
        async () => {
          await this.#store.garbage.discard({ path, inode }, this.signal)
        },
      )
  }

  async #verifyBlob(digest: Digest, size?: number) {
    const path = this.#store.blobs.path(digest)
    const found = await verifyBlob({ path, digest, signal: this.signal, ...(size !== undefined && { size }) })
    if (found.state === 'whole') this.#intactBytes += found.bytes
    return found
  }

  /**
   * Records the problem, and repairs it if a repair was requested. `parts` belong to the name that needs the object.
   */
  #recordAndRepair(
    problem: NewProblem,
    attempt: (repair: Repair) => Promise<void>,
    parts?: NamedParts,
  ): Promise<boolean> {
    return this.#tryRepair(this.#problems.add(problem), attempt, parts)
  }

  /** Tries to repair the problem. Returns whether it is repaired, by this attempt or an earlier one. */
  async #tryRepair(
    problem: FoundProblem,
    attempt: (repair: Repair) => Promise<void>,
    parts?: NamedParts,
  ): Promise<boolean> {
    const { repair } = this.parts
    if (!repair || problem.isRepaired) return problem.isRepaired
    const origin = parts ? repair.originKey(problem.digest, parts) : ''
    if (problem.hasFailedFrom(origin)) return false
    try {
      await attempt(repair)
      problem.markRepaired()
    } catch (error) {
      this.signal?.throwIfAborted()
      problem.recordFailure(origin, parts?.name ?? '', asWindlassError(error))
    }
    return problem.isRepaired
  }

  async #findUnreferenced(): Promise<readonly Digest[] | undefined> {
    try {
      const { removed } = await this.#store.garbage.collect(
        { dryRun: true, keepPartials: Infinity },
        this.signal,
      )
      return removed.map(({ digest }) => digest)
    } catch (error) {
      if (error instanceof WindlassError && ['STORE_CORRUPT', 'STORE_DENIED'].includes(error.code))
        return undefined
      throw error
    }
  }
}
