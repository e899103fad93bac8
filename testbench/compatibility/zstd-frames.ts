/** Builds zstd frames of raw blocks (RFC 8878), valid for every decoder, with a window of any size. */

const maxBlockBytes = 128 * 1024

export interface FrameOptions {
  /** Binary logarithm of the window size. Without it, the frame is a single segment. */
  readonly windowLog?: number
}

export function zstdFrame(bytes: Buffer, { windowLog }: FrameOptions = {}): Buffer {
  const parts: Buffer[] = []
  if (windowLog === undefined) {
    const start = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
    start.writeUInt32LE(bytes.length, 5)
    parts.push(start)
  } else parts.push(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3]))
  let at = 0
  do {
    const piece = bytes.subarray(at, at + maxBlockBytes)
    at += piece.length
    const header = Buffer.alloc(3)
    header.writeUIntLE((piece.length << 3) | (at >= bytes.length ? 1 : 0), 0, 3)
    parts.push(header, piece)
  } while (at < bytes.length)
  return Buffer.concat(parts)
}

/** Returns a skippable frame (RFC 8878 §3.1.2). */
export function zstdSkippableFrame(text: string): Buffer {
  const start = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])
  start.writeUInt32LE(text.length, 4)
  return Buffer.concat([start, Buffer.from(text)])
}
