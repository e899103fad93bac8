/** Generates bytes that compress to about half, like programs: random bytes alternate with copies of recent ones. */

const maxDistance = 16 * 1024

/** Generates `length` bytes, which are determined by `seed`. */
export function halfNoise(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let state = Math.imul(seed + 1, 2654435761) >>> 0
  for (let at = 0; at < length;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const literals = Math.min(at + 1 + ((state >>> 16) & 15), length)
    while (at < literals) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      bytes[at++] = ((state >>> 24) * ((state >>> 16) & 255)) >>> 8 // small values are more frequent
    }
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const back = 1 + ((state >>> 8) % Math.min(at, maxDistance))
    const copied = Math.min(at + 4 + (state >>> 28), length)
    for (; at < copied; at++) bytes[at] = bytes[at - back]!
  }
  return bytes
}
