/**
 * Decides which images a collection removes so that the store keeps to a size and an age: the least recently used first.
 * Reads nothing and changes nothing.
 */
import type { Digest } from '../../image/index.js'
import type { Holders } from './holders.js'
import type { StoredItem } from './inventory.js'

/** Which images to remove. With both options, an image is removed only if both say so, as in BuildKit. */
export interface RetentionOptions {
  /**
   * Size in bytes that blobs and unpacked layers may have together: the images that were used least recently are removed until
   * they have at most that size. Interrupted downloads count as well and go before any image.
   */
  readonly keepStorage?: number
  /** Time in milliseconds: images that were used since are not removed. */
  readonly unusedFor?: number
}

/** An image of the store: all names that point at one manifest or index. */
export interface NamedContent {
  /** The manifest or index. */
  readonly digest: Digest
  readonly names: readonly string[]
  /** Keys of the entries in `index.json`. */
  readonly keys: readonly string[]
  /** When it was used last, or stored, in milliseconds since 1970. */
  readonly lastUsedAt: number
  /** The documents that identify the image: the manifest as stored and as served, and the index that it was selected from. */
  readonly documents: readonly Digest[]
  /** Whether another tool has named it. Such a tool does not record when it uses an image. */
  readonly isForeign: boolean
  /** Everything that the image needs, stored or not. */
  readonly needs: ReadonlySet<Digest>
}

/** An image that a collection removes. */
export interface ExpiredImage {
  /** All its names. They are removed together. */
  readonly names: readonly string[]
  readonly digest: Digest
  /** In milliseconds since 1970. */
  readonly lastUsedAt: number
  /** Bytes of blobs and unpacked layers that go with it, because no image that stays needs them. */
  readonly bytes: number
}

/**
 * Why an image stays: a process uses it; it is mounted; a lease holds it; or another tool has named it, which does not record
 * when it uses an image.
 */
export type KeptReason =
  | { readonly kind: 'running' }
  | { readonly kind: 'mount'; readonly directory: string }
  | { readonly kind: 'lease'; readonly id: string; readonly owner: string; readonly expiresAt?: number }
  | { readonly kind: 'other tool' }

/** An image that would be removed if it was not protected. */
export interface KeptImage extends Pick<ExpiredImage, 'names' | 'digest' | 'lastUsedAt'> {
  readonly reason: KeptReason
}

/** What is decided. */
export interface Expiry {
  /** In the order of removal. */
  readonly expired: readonly ExpiredImage[]
  /** Keys of their entries in `index.json`. */
  readonly keys: ReadonlySet<string>
  readonly kept: readonly KeptImage[]
  /** Bytes of blobs and unpacked layers that stay. */
  readonly bytes: number
}

/**
 * Decides which of `images` are removed at the time `now`.
 * @param items the content of the store
 */
export function planExpiry(
  images: readonly NamedContent[],
  items: readonly StoredItem[],
  holders: Holders,
  { keepStorage, unusedFor = 0 }: RetentionOptions,
  now: number,
): Expiry {
  const users = new ItemUsers(images, items, holders)
  const expired: ExpiredImage[] = []
  const keys = new Set<string>()
  const kept: KeptImage[] = []
  const oldestFirst = [...images].sort(
    (a, b) => a.lastUsedAt - b.lastUsedAt || (a.digest < b.digest ? -1 : 1),
  )
  for (const image of oldestFirst) {
    const isTooLarge = keepStorage === undefined || users.bytes > keepStorage
    // Times in the future, after the clock was set back, count only if an age is asked for.
    if (!isTooLarge || (unusedFor > 0 && image.lastUsedAt > now - unusedFor)) break
    const { names, digest, lastUsedAt } = image
    const reason = keptReason(image, holders)
    if (reason) kept.push({ names, digest, lastUsedAt, reason })
    else {
      expired.push({ names, digest, lastUsedAt, bytes: users.remove(image) })
      for (const key of image.keys) keys.add(key)
    }
  }
  return { expired, keys, kept, bytes: users.bytes }
}

/** Returns why an image must stay; undefined if it may be removed. */
function keptReason(
  { documents, isForeign }: NamedContent,
  { runs, mounts, leases }: Holders,
): KeptReason | undefined {
  const needsImage = ({ holds }: { readonly holds: readonly Digest[] }): boolean =>
    documents.some((digest) => holds.includes(digest))
  const lease = leases.find(needsImage)
  if (lease) {
    const { id, owner, expiresAt } = lease
    return { kind: 'lease', id, owner, ...(expiresAt !== undefined && { expiresAt }) }
  }
  const mount = mounts.find(needsImage)
  if (mount) return { kind: 'mount', directory: mount.target }
  if (documents.some((digest) => runs.has(digest))) return { kind: 'running' }
  return isForeign ? { kind: 'other tool' } : undefined
}

/** Counts the images that need each item of the store. */
class ItemUsers {
  /** Bytes of the items that an image or a holder needs. */
  bytes = 0
  readonly #itemsOf = new Map<NamedContent, readonly StoredItem[]>()
  readonly #users = new Map<StoredItem, number>()

  constructor(images: readonly NamedContent[], items: readonly StoredItem[], { digests }: Holders) {
    const byDigest = itemsByDigest(items)
    const use = (item: StoredItem): void => {
      const users = this.#users.get(item) ?? 0
      if (users === 0) this.bytes += item.bytes
      this.#users.set(item, users + 1)
    }
    for (const image of images) {
      const needed = [...itemsFor(image.needs, byDigest)]
      this.#itemsOf.set(image, needed)
      needed.forEach(use)
    }
    // A holder is one more user, so that what it needs does not count as freed.
    for (const item of itemsFor(digests, byDigest)) use(item)
  }

  /** Removes an image. Returns the bytes of the items that nothing else needs. */
  remove(image: NamedContent): number {
    let freed = 0
    for (const item of this.#itemsOf.get(image) ?? []) {
      const users = (this.#users.get(item) ?? 0) - 1
      this.#users.set(item, users)
      if (users === 0) freed += item.bytes
    }
    this.bytes -= freed
    return freed
  }
}

/** The items of a store by the digests that keep them: their own, and of a layer, those of the blobs that it was unpacked from. */
export type ItemsByDigest = ReadonlyMap<Digest, readonly StoredItem[]>

/** Indexes `items`. */
export function itemsByDigest(items: readonly StoredItem[]): ItemsByDigest {
  const found = new Map<Digest, StoredItem[]>()
  for (const item of items)
    for (const digest of new Set([item.digest, ...item.blobs])) {
      const others = found.get(digest)
      if (others) others.push(item)
      else found.set(digest, [item])
    }
  return found
}

/** Returns the items that `digests` keep. */
export function itemsFor(digests: Iterable<Digest>, byDigest: ItemsByDigest): Set<StoredItem> {
  const found = new Set<StoredItem>()
  for (const digest of digests) for (const item of byDigest.get(digest) ?? []) found.add(item)
  return found
}
