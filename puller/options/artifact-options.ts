/** Defines the options of `Artifacts.list`. */
import type { ReferrersQuery } from '../../pipelines/artifacts/referrers.js'

/** Options of `Artifacts.list`. */
export interface ArtifactsOptions extends Omit<ReferrersQuery, 'of'> {
  /** List what belongs to the image of this platform, not to the index: `os/arch[/variant]`. */
  readonly platform?: string
  /** Also list what belongs to the images of an index (false). */
  readonly allPlatforms?: boolean
}
