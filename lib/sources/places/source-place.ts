/** Defines `SourcePlace`: one of several places that serve the same images. */
import type { ImageSource } from '../../image/index.js'

/** Which manifests a place is asked for: `all`, those with a digest, or those with a tag. */
export type ServedManifests = 'all' | 'digests' | 'tags'

/** A place that serves images, such as a mirror of a registry. */
export interface SourcePlace {
  readonly source: ImageSource
  /** Default: `all`. */
  readonly manifests?: ServedManifests
  /** Whether this is a mirror. Its failures are warnings, and what it sends is verified before it is used. */
  readonly isMirror: boolean
}
