/** Verifies a blob of the store against its digest without loading it into memory as a whole. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatCount, formatNumber } from '../../quantities.js'
import { algorithmOf, type Digest, parseDigest } from '../../image/index.js'
import { errnoOf, withStoreErrors, ignoreMissing } from '../files/store-error.js'

/** The result of `verifyBlob`. */
export type BlobState =
  | { readonly state: 'whole'; readonly bytes: number }
  | { readonly state: 'missing' }
  | {
      readonly state: 'damaged'
      /** A clause, for example `it has 7 bytes instead of 8`. */
      readonly why: string
      /** The digest of the actual content, if it was read. */
      readonly actual?: Digest
      /** The inode of the verified file, for `Garbage.discard`. */
      readonly inode: bigint
    }

/** Options of `verifyBlob`. */
export interface VerifyBlobOptions {
  readonly path: string
  readonly digest: Digest
  /** The expected size in bytes, if known. */
  readonly size?: number
  readonly signal?: AbortSignal | undefined
}

/** Bytes read at a time: 1 MiB. */
const pieceBytes = 1 << 20

/**
 * Reads the file at `path` and compares its size and digest with the expected ones. Damage is a result, not an error.
 * @throws WindlassError STORE_DENIED, STORE_IO when it cannot be read; the reason of `signal`
 */
export function verifyBlob({ path, digest, size, signal }: VerifyBlobOptions): Promise<BlobState> {
  return withStoreErrors('verify a blob', path, async (): Promise<BlobState> => {
    const found = await ignoreMissing(lstat(path, { bigint: true }))
    if (!found) return { state: 'missing' }
    const damaged = (why: string, inode = found.ino, actual?: Digest): BlobState => ({
      ...{ state: 'damaged', why, inode },
      ...(actual && { actual }),
    })
    if (!found.isFile()) return damaged('it is not a regular file')
    const file = await openIfPresent(path).catch(async (error: unknown) => {
      // In a directory of this user, an unreadable file is damage: it can be replaced. In another user's store, it is
      // an error: this user has no access.
      if (errnoOf(error) !== 'EACCES' || (await lstat(dirname(path))).uid !== process.geteuid?.()) throw error
      return 'denied' as const
    })
    if (file === 'denied') return damaged('it cannot be read: permission denied')
    if (!file) return { state: 'missing' }
    try {
      const { ino, size: actualSize } = await file.stat({ bigint: true })
      if (size !== undefined && actualSize !== BigInt(size))
        return damaged(
          `it has ${formatCount(Number(actualSize), 'byte')} instead of ${formatNumber(size)}`,
          ino,
        )
      const hash = createHash(algorithmOf(digest))
      const piece = Buffer.allocUnsafe(pieceBytes)
      for (;;) {
        signal?.throwIfAborted()
        const { bytesRead } = await file.read(piece, 0, pieceBytes)
        if (bytesRead === 0) break
        hash.update(piece.subarray(0, bytesRead))
      }
      const actual = parseDigest(`${algorithmOf(digest)}:${hash.digest('hex')}`)
      return actual === digest
        ? { state: 'whole', bytes: Number(actualSize) }
        : damaged(`its content has the digest ${actual}`, ino, actual)
    } catch (error) {
      if (errnoOf(error) === 'EIO') return damaged('the disk cannot read it')
      throw error
    } finally {
      await file.close()
    }
  })
}

const openIfPresent = (path: string) =>
  ignoreMissing(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
