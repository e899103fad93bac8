/**
 * Collects the implied directories of a layer: those that were created only because the layer has entries below them.
 * In the image, they have the attributes from a lower layer, so a program that stacks the trees must know them.
 */
import type { Directory } from './directory.js'

/** Maximum size in bytes of the list as JSON, which is part of the layer record: tens of thousands of directories. */
const maxBytes = 4 * 2 ** 20
/** Bytes of the JSON per path, in addition to the path: quotes, comma, indentation and newline. */
const punctuationBytes = 8

/**
 * Reports whether lower layers determine the attributes of `directory`: this layer has no entry for it and does not
 * hide the lower layers there.
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
   * @param displayPath `.` for the root, `./a/b` for other directories, as latin1
   */
  add(displayPath: string): void {
    const path = displayPath === '.' ? displayPath : displayPath.slice(2)
    this.#bytes += Buffer.byteLength(JSON.stringify(path)) + punctuationBytes
    if (this.#bytes > maxBytes) this.#paths = undefined
    this.#paths?.push(path)
  }

  /** The paths in byte order; undefined if the list is too long. */
  get paths(): readonly string[] | undefined {
    return this.#paths?.sort()
  }
}
