/**
 * Reads the whole store again: every name against the check in its entry, every blob against its digest, every record of
 * a layer against its check, and every unpacked tree against what its blob unpacks to, entry by entry. That is put together
 * in memory: no second tree is written. Nothing is noted when a tree is committed that would make this cheaper: it would
 * cost each pull a second reading of all that it wrote.
 */
import { join } from 'node:path'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'
import {
  type RepairedFile,
  type NamedImage,
  type Store,
  foreignPointers,
  readableInventory,
  verifyBlob,
} from '../../lib/store/index.js'
import { type FoundProblem, FoundProblems, type NewProblem, type StoreProblem } from './found-problems.js'
import { type ImageParts, type NamedParts, PartsReader } from './image-parts.js'
import type { Repair } from './repair.js'
import { faultyEntries } from './verify-entries.js'
import { type LayerCheck, checkTrees } from './verify-layer.js'

export interface VerifyOptions {
  /** Bring again what is damaged or missing: trees out of their blobs, blobs from where the image's name says. */
  readonly repair?: boolean
  readonly signal?: AbortSignal
}

export interface VerifyReport {
  readonly images: number
  readonly blobs: number
  /** Bytes of all blobs that were read. */
  readonly bytes: number
  /** Unpacked trees that were held against their blobs. */
  readonly trees: number
  readonly problems: readonly StoreProblem[]
  /**
   * DiffIDs of trees that could not be verified: their blobs were not kept, this user may not read all of them, or what
   * tells them from their blobs may be what this machine cannot hold, and nothing can be written here to try that out.
   */
  readonly unverifiable: readonly Digest[]
  /** What nothing leads to, and `collect` would remove; undefined where damage hides what leads where. */
  readonly unreferenced: readonly Digest[] | undefined
  /** Paths in the store that no version of it writes. */
  readonly unexpectedPaths: readonly string[]
}

export interface VerifyParts {
  readonly store: Store
  readonly layers: LayerCheck
  /** None where nothing is to be repaired. */
  readonly repair: Repair | undefined
  /** Files of the store that had to be written again before it could be opened. */
  readonly repaired?: readonly RepairedFile[]
}

/** @throws WindlassError STORE_CORRUPT where the list of names cannot be read; CANCELLED; what the disk says */
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
  /** Whose every part is whole. */
  readonly #whole = new WeakSet<ImageParts>()
  readonly #checked = new Map<Digest, boolean>()
  readonly #treesChecked = new Set<Digest>()
  readonly #unverifiable = new Set<Digest>()
  #named = 0
  #bytes = 0
  #trees = 0

  constructor(
    private readonly parts: VerifyParts,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#store = parts.store
    this.#reader = new PartsReader(parts.store, signal)
  }

  async report(): Promise<VerifyReport> {
    const store = this.#store
    await this.#layout()
    await this.#names()
    await this.#images(await store.names.listAll())
    const { things, unexpectedPaths } = await readableInventory(store.directory)
    for (const { kind, digest } of things) if (kind === 'blob') await this.#stray(digest)
    for (const { kind, digest } of things) if (kind === 'layer') await this.#strayLayer(digest)
    await this.#pointers()
    return {
      images: this.#named,
      blobs: this.#checked.size,
      bytes: this.#bytes,
      trees: this.#trees,
      problems: this.#problems.toList(),
      unverifiable: [...this.#unverifiable],
      unreferenced: await this.#unreferenced(),
      unexpectedPaths,
    }
  }

  async #layout(): Promise<void> {
    const { repaired = [] } = this.parts
    const [first] = repaired
    if (first) {
      const why = repaired.map((file) => `${file.path}: ${file.why}`).join('; ')
      await this.#repairMetadata({ kind: 'layout', images: [], path: first.path, why }, () =>
        Promise.resolve(),
      )
    }
    const fault = await this.#store.layoutFault()
    if (fault)
      await this.#repairMetadata({ kind: 'layout', images: [], ...fault }, () =>
        this.#store.repairLayout(fault),
      )
  }

  /** What they said is nowhere else. */
  async #names(): Promise<void> {
    for (const { names, digest, why, word } of await faultyEntries(this.#store))
      await this.#repairMetadata(
        {
          ...{ kind: 'name' as const, path: join(this.#store.directory, 'index.json') },
          ...(digest && { digest }),
          images: names,
          why,
        },
        () =>
          Promise.reject(
            new WindlassError('UNSUPPORTED', 'What the entry said is not known any more', {
              hint: `Pull the image again: its entry is written anew. “windlass rm ${word}” removes a name that is wrong.`,
            }),
          ),
      )
  }

  async #images(all: readonly NamedImage[]): Promise<void> {
    this.#named = all.length
    const unread: NamedImage[] = []
    for (const named of all) if (!(await this.#image(named))) unread.push(named)
    // What a later name repaired may be what an earlier one could not be followed through.
    if (this.parts.repair) for (const named of unread) await this.#image(named)
  }

  /** All that the name needs, as far as it can be seen. A name that somebody else removes or moves meanwhile needs nothing of us. */
  async #image(named: NamedImage): Promise<boolean> {
    this.signal?.throwIfAborted()
    let parts = await this.#reader.read(named)
    for (;;) {
      if (this.#whole.has(parts.shared)) return true
      for (const { kind, descriptor } of parts.documents)
        await this.#blob(kind, descriptor.digest, parts, descriptor.size)
      for (const layer of parts.layers) await this.#layer(layer, parts)
      if (parts.readable) break
      // What is behind a damaged document can be seen once that is mended.
      const again = await this.#reader.read(named)
      if (!again.readable && again.documents.length <= parts.documents.length) return false
      parts = again
    }
    if (this.#isWhole(parts)) this.#whole.add(parts.shared)
    return true
  }

  /** Whether nothing is wrong with any part: then no other name of it needs to be looked at. */
  #isWhole({ documents, layers }: ImageParts): boolean {
    const digests = [...documents, ...layers].map(({ descriptor }) => descriptor.digest)
    const diffIDs = layers.flatMap(({ diffID }) => diffID ?? [])
    return [...digests, ...diffIDs].every((digest) => this.#problems.of(digest).length === 0)
  }

  /** Whether the blob is whole, at last. */
  async #blob(
    kind: StoreProblem['kind'],
    digest: Digest,
    parts: NamedParts,
    size: number | undefined,
    mayBeMissing = false,
  ): Promise<boolean> {
    const known = this.#checked.get(digest)
    if (known !== undefined) return this.#known(kind, digest, parts, known)
    this.signal?.throwIfAborted()
    const path = this.#store.blobs.path(digest)
    const found = await this.#look(digest, size)
    if (found.state === 'missing' && mayBeMissing) return false
    if (found.state !== 'whole' && !(await parts.isCurrent())) return false
    const whole = found.state === 'whole'
    const repaired =
      !whole &&
      (await this.#repairMetadata(
        {
          kind,
          digest,
          path,
          images: [parts.name],
          why: found.state === 'missing' ? 'it is missing' : found.why,
        },
        (repair) => repair.bring(kind, digest, parts),
        parts,
      ))
    this.#checked.set(digest, whole || repaired)
    return whole || repaired
  }

  /** A blob that was looked at for another name. One that this could not repair may come from where `parts` say. */
  async #known(
    kind: StoreProblem['kind'],
    digest: Digest,
    parts: NamedParts,
    whole: boolean,
  ): Promise<boolean> {
    const problems = this.#problems.of(digest).filter((problem) => problem.kind !== 'tree')
    for (const problem of problems) problem.alsoHarms(parts.name)
    const [problem] = problems
    if (whole || !problem) return whole
    const repaired = await this.#try(problem, (repair) => repair.bring(kind, digest, parts), parts)
    if (repaired) this.#checked.set(digest, true)
    return repaired
  }

  async #layer({ descriptor, diffID }: NamedParts['layers'][number], parts: NamedParts): Promise<void> {
    const { digest, size } = descriptor
    const disk = diffID && (await this.parts.layers.look(diffID))
    // Where there is a tree, the blob may have been left out on purpose; without a config nobody knows of a tree.
    const mayBeMissing = disk !== undefined || diffID === undefined
    const blob = await this.#blob('layer', digest, parts, size, mayBeMissing)
    if (!diffID || !disk) return
    const repairIt = async (repair: Repair): Promise<void> => {
      if (!(await this.#store.blobs.has(digest, size))) await repair.bring('layer', digest, parts)
      await this.parts.layers.replace(disk, { descriptor, diffID }, this.signal)
    }
    if (this.#treesChecked.has(diffID)) {
      const [problem] = this.#problems.of(diffID).filter(({ kind }) => kind === 'tree')
      problem?.alsoHarms(parts.name)
      if (problem) await this.#try(problem, repairIt, parts)
      return
    }
    const source = blob ? { descriptor, diffID } : undefined
    if (!source && disk.faults.length === 0) {
      // Another name may bring the blob.
      this.#unverifiable.add(diffID)
      return
    }
    this.#treesChecked.add(diffID)
    this.#unverifiable.delete(diffID)
    const { compared, why, unknown } = await checkTrees(this.parts.layers, disk, source, this.signal)
    this.#trees += compared
    if (unknown && why === undefined) this.#unverifiable.add(diffID)
    if (why === undefined || !(await parts.isCurrent())) return
    await this.#repairMetadata(
      { kind: 'tree', digest: diffID, path: disk.path, images: [parts.name], why },
      repairIt,
      parts,
    )
  }

  /** A blob that no name needs. */
  async #stray(digest: Digest): Promise<void> {
    if (this.#checked.has(digest)) return
    this.signal?.throwIfAborted()
    const found = await this.#look(digest)
    if (found.state === 'missing') return
    this.#checked.set(digest, found.state === 'whole')
    if (found.state === 'whole') return
    const path = this.#store.blobs.path(digest)
    await this.#repairMetadata({ kind: 'blob', digest, path, images: [], why: found.why }, async () => {
      const { actual, inode } = found
      // It may be its name that has rotted.
      if (actual && !(await this.#store.blobs.has(actual)))
        await this.#store.blobs.adopt(path, actual, this.signal)
      else await this.#store.garbage.discard({ path, inode }, this.signal)
    })
  }

  /** An unpacked layer that no name needs: the next pull that does believes it. */
  async #strayLayer(diffID: Digest): Promise<void> {
    if (this.#treesChecked.has(diffID)) return
    this.signal?.throwIfAborted()
    this.#treesChecked.add(diffID)
    const disk = await this.parts.layers.look(diffID)
    if (!disk) return
    const descriptor = disk.blobs.find(({ digest }) => this.#checked.get(digest))
    const source = descriptor && { descriptor, diffID }
    if (!source && disk.faults.length === 0) {
      this.#unverifiable.add(diffID)
      return
    }
    this.#unverifiable.delete(diffID)
    const { compared, why, unknown } = await checkTrees(this.parts.layers, disk, source, this.signal)
    this.#trees += compared
    if (unknown && why === undefined) this.#unverifiable.add(diffID)
    if (why === undefined) return
    await this.#repairMetadata(
      { kind: 'tree', digest: diffID, path: disk.path, images: [], why },
      async () => {
        if (source) return this.parts.layers.replace(disk, source, this.signal)
        throw new WindlassError('UNSUPPORTED', 'There is no blob here that it could be unpacked from again', {
          hint: 'No name needs it: “windlass gc” removes it.',
        })
      },
    )
  }

  /** What stands where a blob leads to its layer, and is no file: the layer is found no more, or cannot be unpacked. */
  async #pointers(): Promise<void> {
    for (const { blob, path, inode } of await foreignPointers(this.#store.directory))
      await this.#repairMetadata(
        { kind: 'pointer', digest: blob, path, images: [], why: 'it is not a regular file' },
        async () => {
          await this.#store.garbage.discard({ path, inode }, this.signal)
        },
      )
  }

  async #look(digest: Digest, size?: number) {
    const path = this.#store.blobs.path(digest)
    const found = await verifyBlob({ path, digest, signal: this.signal, ...(size !== undefined && { size }) })
    if (found.state === 'whole') this.#bytes += found.bytes
    return found
  }

  /** Notes the problem and repairs it where that is wanted. `parts` are of the name by which it was found. */
  #repairMetadata(
    problem: NewProblem,
    work: (repair: Repair) => Promise<void>,
    parts?: NamedParts,
  ): Promise<boolean> {
    return this.#try(this.#problems.add(problem), work, parts)
  }

  /** Whether the problem is repaired, by now or before. */
  async #try(
    problem: FoundProblem,
    work: (repair: Repair) => Promise<void>,
    parts?: NamedParts,
  ): Promise<boolean> {
    const { repair } = this.parts
    if (!repair || problem.isRepaired) return problem.isRepaired
    const place = parts ? repair.place(problem.digest, parts) : ''
    if (problem.wasTriedAt(place)) return false
    try {
      await work(repair)
      problem.repaired()
    } catch (error) {
      this.signal?.throwIfAborted()
      problem.failed(place, parts?.name ?? '', asWindlassError(error))
    }
    return problem.isRepaired
  }

  async #unreferenced(): Promise<readonly Digest[] | undefined> {
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
