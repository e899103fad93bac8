/** SHA-256 of a file's content, read a piece at a time so that a file of any size costs the same memory. */
import { createHash } from 'node:crypto'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'

const pieceBytes = 1 << 20
/** Other work of the process gets a turn after this many pieces. */
const piecesBeforeYield = 16

/** Lower-case hex. Never follows a link. Throws what `open` and `read` throw. */
export async function contentHash(path: Buffer): Promise<string> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
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
