/** Whether a blob of the store still is what its name says: read again from the disk, a piece at a time. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { algorithmOf, type Digest, parseDigest } from '../../image/index.js'
import { codeOf, storing, unlessMissing } from '../files/store-error.js'

export type BlobState =
  | { readonly state: 'whole'; readonly bytes: number }
  | { readonly state: 'missing' }
  | {
      readonly state: 'damaged'
      /** A clause: `it has 7 bytes, and should have 8`. */
      readonly why: string
      /** The digest of the bytes that are there, where they could be read. */
      readonly actual?: Digest
      /** Of what was looked at, for `Garbage.discard`. */
      readonly inode: bigint
    }

export interface VerifyBlobOptions {
  readonly path: string
  readonly digest: Digest
  /** In bytes, where it is known. */
  readonly size?: number
  readonly signal?: AbortSignal | undefined
}

const pieceBytes = 1 << 20

/** @throws WindlassError STORE_DENIED, STORE_IO where it cannot be read; the reason of `signal` */
export function verifyBlob({ path, digest, size, signal }: VerifyBlobOptions): Promise<BlobState> {
  return storing('verify a blob', path, async (): Promise<BlobState> => {
    const found = await unlessMissing(lstat(path, { bigint: true }))
    if (!found) return { state: 'missing' }
    const damaged = (why: string, inode = found.ino, actual?: Digest): BlobState => ({
      ...{ state: 'damaged', why, inode },
      ...(actual && { actual }),
    })
    if (!found.isFile()) return damaged('it is not a regular file')
    const file = await openIfThere(path).catch(async (error: unknown) => {
      // What is in a directory of this user's can be replaced; somebody else's store is only closed.
      if (codeOf(error) !== 'EACCES' || (await lstat(dirname(path))).uid !== process.geteuid?.()) throw error
      return 'denied' as const
    })
    if (file === 'denied') return damaged('it cannot be read: permission denied')
    if (!file) return { state: 'missing' }
    try {
      const { ino, size: there } = await file.stat({ bigint: true })
      if (size !== undefined && there !== BigInt(size))
        return damaged(`it has ${there} bytes, and should have ${size}`, ino)
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
        ? { state: 'whole', bytes: Number(there) }
        : damaged(`its bytes are those of ${actual}`, ino, actual)
    } catch (error) {
      if (codeOf(error) === 'EIO') return damaged('the disk cannot read it')
      throw error
    } finally {
      await file.close()
    }
  })
}

const openIfThere = (path: string) =>
  unlessMissing(open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK))
