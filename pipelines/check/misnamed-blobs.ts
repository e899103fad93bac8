/** Finds blobs of the store whose file has the name of another digest, for example after a bit of the name flipped. */
import type { Digest } from '../../lib/image/index.js'
import { type Store, type StoredItem, readableInventory, verifyBlob } from '../../lib/store/index.js'

/** The misnamed blobs of a store. Lists the store once, and reads each blob at most once. */
export class MisnamedBlobs {
  /** Blobs that were not read yet, by their size in bytes. */
  #unread: Promise<Map<number, StoredItem[]>> | undefined
  /** Paths of the misnamed blobs that were read, by the digest of their content. */
  readonly #paths = new Map<Digest, string>()

  constructor(
    private readonly store: Store,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * Finds the missing blob `digest` of `size` bytes under a wrong name, and renames it. Returns false if no file has
   * this content.
   * @throws WindlassError STORE_*; the reason of the signal
   */
  async rename(digest: Digest, size: number): Promise<boolean> {
    this.#unread ??= this.#list()
    const unread = (await this.#unread).get(size) ?? []
    while (!this.#paths.has(digest)) {
      const next = unread.pop()
      if (next === undefined) return false
      await this.#read(next)
    }
    const path = this.#paths.get(digest)!
    this.#paths.delete(digest)
    await this.store.blobs.adopt(path, digest, this.signal)
    return true
  }

  async #read({ path, digest }: StoredItem): Promise<void> {
    const found = await verifyBlob({ path, digest, signal: this.signal })
    if (found.state === 'damaged' && found.actual) this.#paths.set(found.actual, path)
  }

  async #list(): Promise<Map<number, StoredItem[]>> {
    const bySize = new Map<number, StoredItem[]>()
    for (const item of (await readableInventory(this.store.directory)).items) {
      const { kind, bytes } = item
      if (kind !== 'blob') continue
      const others = bySize.get(bytes)
      if (others) others.push(item)
      else bySize.set(bytes, [item])
    }
    return bySize
  }
}
