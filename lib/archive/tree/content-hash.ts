/** SHA-256 of a file's content, read a piece at a time so that a file of any size costs the same memory. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { opened } from './opened.js'

const pieceBytes = 1 << 20
/** Other work of the process gets a turn after this many pieces. */
const piecesBeforeYield = 16

/**
 * Lower-case hex. Never follows a link. A file that its owner may not read is opened all the same.
 * @param mode the present one
 * @throws what `open` and `read` throw
 */
export async function contentHash(path: Buffer, mode: number): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = opened(path, mode, 0o400, () => openSync(path, flags))
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
