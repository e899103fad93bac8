/**
 * The directories of a layer's own tree that no entry of the layer names. They are made with attributes of nobody's choice,
 * while in the image they have those of the lower layer that lists them: whoever stacks the trees has to know which.
 */
import type { Directory } from './directory.js'

/** Bytes of the list as JSON, which stands in the layer's record: tens of thousands of directories. */
const maxBytes = 4 * 2 ** 20
/** Of each name, beside its own: quotes, a comma, an indentation, a newline. */
const frame = 8

/** Whether the attributes of `directory` are for lower layers to say: not where this layer hides what they have there. */
export function isImplied(directory: Directory): boolean {
  if (directory.listed !== undefined || directory.severed) return false
  for (let above = directory.parent; above !== undefined; above = above.parent)
    if (above.severed || above.opaque) return false
  return true
}

export class ImpliedDirectories {
  #paths: string[] | undefined = []
  #bytes = 0

  /** @param shown `.` for the root, `./a/b` for all others, each character a byte of the name */
  add(shown: string): void {
    const path = shown === '.' ? shown : shown.slice(2)
    this.#bytes += Buffer.byteLength(JSON.stringify(path)) + frame
    if (this.#bytes > maxBytes) this.#paths = undefined
    this.#paths?.push(path)
  }

  /** In byte order; undefined where there are too many. */
  get paths(): readonly string[] | undefined {
    return this.#paths?.sort()
  }
}
