/** Defines the options of `Artifacts.list`. */
import type { PolicyOptions } from './policy-options.js'
import type { ReferrersQuery } from '../../pipelines/artifacts/referrers.js'

/** Options of `Artifacts.check`. */
export interface CheckPolicyOptions extends Pick<ReferrersQuery, 'signal' | 'onWarning'> {
  /** `os/arch[/variant]` (the platform of this machine). */
  readonly platform?: string
  /** The policy to check (that of the puller, else that of Podman: `{ file: 'containers' }`). */
  readonly policy?: PolicyOptions
}

/** Options of `Artifacts.list`. */
export interface ArtifactsOptions extends Omit<ReferrersQuery, 'of'> {
  /** List what belongs to the image of this platform, not to the index: `os/arch[/variant]`. */
  readonly platform?: string
  /** Also list what belongs to the images of an index (false). */
  readonly allPlatforms?: boolean
}
