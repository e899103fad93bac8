/**
 * Collects the directories of a layer's tree that no entry of the layer names. In the image, they have the attributes
 * of the lower layer that lists them, so a program that stacks the trees must know them.
 */
import type { Directory } from './directory.js'

/** Maximum size in bytes of the list as JSON, which is part of the layer record: tens of thousands of directories. */
const maxBytes = 4 * 2 ** 20
/** Bytes per path in addition to the path itself: quotes, comma, indentation and newline. */
const frame = 8

/**
 * Reports whether lower layers determine the attributes of `directory`. They do not if this layer lists the directory, or
 * if it hides the lower layers there.
 */
export function isImplied(directory: Directory): boolean {
  if (directory.listed !== undefined || directory.replacesLower) return false
  for (let above = directory.parent; above !== undefined; above = above.parent)
    if (above.replacesLower || above.opaque) return false
  return true
}

/** A list of paths of limited size. */
export class ImpliedDirectories {
  #paths: string[] | undefined = []
  #bytes = 0

  /**
   * Adds a path.
   * @param shown `.` for the root, `./a/b` for other directories, with one character per byte
   */
  add(shown: string): void {
    const path = shown === '.' ? shown : shown.slice(2)
    this.#bytes += Buffer.byteLength(JSON.stringify(path)) + frame
    if (this.#bytes > maxBytes) this.#paths = undefined
    this.#paths?.push(path)
  }

  /** The paths in byte order; undefined if the list is too long. */
  get paths(): readonly string[] | undefined {
    return this.#paths?.sort()
  }
}
