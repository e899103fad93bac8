/** Parses the names of images in archives. */
import { parseReference, withDefaultTag } from '../../image/index.js'

/** Returns the normalised name with a tag; none for a text that is not such a name, which other tools may write. */
export function archivedName(text: string): readonly string[] {
  try {
    const reference = withDefaultTag(parseReference(text))
    return reference.digest === undefined ? [reference.toString()] : []
  } catch {
    return []
  }
}
