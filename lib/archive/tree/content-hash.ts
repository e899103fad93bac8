/** Hashes the content of a file in pieces, with constant memory. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { withPermission } from './temporary-permission.js'

const pieceBytes = 1 << 20
/** Number of pieces to hash before yielding to the event loop. */
const piecesBeforeYield = 16

/**
 * Returns the SHA-256 of a file in lower-case hex. Does not follow links. A file that its owner may not read is made
 * readable temporarily.
 * @param mode the current mode of the file
 * @throws the errors of `open` and `read` of `node:fs`
 */
export async function contentHash(path: Buffer, mode: number): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = withPermission(path, mode, 0o400, () => openSync(path, flags))
  try {
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafe(pieceBytes)
    for (let count = 1; ; count++) {
      const length = readSync(file, piece, 0, pieceBytes, null)
      hash.update(piece.subarray(0, length))
      if (length < pieceBytes) return hash.digest('hex')
      if (count % piecesBeforeYield === 0) await setImmediate()
    }
  } finally {
    closeSync(file)
  }
}
