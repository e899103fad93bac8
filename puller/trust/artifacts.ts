/** Provides `Artifacts`: what belongs to the images of registries and layouts. */
import { WindlassError } from '../../lib/errors.js'
import type { RetryPolicy } from '../../lib/transfer/index.js'
import { type ImageReferrers, imageReferrers } from '../../pipelines/artifacts/referrers.js'
import { type CheckedImage, checkImage } from '../../pipelines/artifacts/check-image.js'
import { chooseImage } from '../names/choose-image.js'
import { withSource } from '../names/with-source.js'
import type { ImageNames } from '../names/image-names.js'
import { checkOptions } from '../options/check-options.js'
import { type PolicyOptions, imagePolicy } from '../options/policy-options.js'
import type { ArtifactsOptions, CheckPolicyOptions } from '../options/artifact-options.js'
import { artifactsTable, checkPolicyTable } from '../options/option-table.js'

/** The parts of the puller that `Artifacts` uses. */
export interface ArtifactsParts {
  readonly names: ImageNames
  readonly retry: RetryPolicy
  readonly policy: PolicyOptions | undefined
  readonly assertOpen: () => void
}

/** Finds signatures, SBOMs and attestations of images. Uses no store. */
export class Artifacts {
  constructor(private readonly parts: ArtifactsParts) {}

  /**
   * Lists what belongs to an image: by the referrers API, or the tags that stand in for it, and the tags that cosign
   * used before its version 3. Nothing is verified but digests.
   *
   * @param name image name as for `pull`
   * @throws USAGE, REFERENCE_INVALID, PLATFORM_INVALID, LIMIT_EXCEEDED; errors of resolving the name
   * @example
   * const { referrers } = await windlass.artifacts.list('alpine:3.20', { fetch: ({ kind }) => kind === 'sbom' })
   */
  async list(name: string, options: ArtifactsOptions = {}): Promise<ImageReferrers> {
    const { names, retry, assertOpen } = this.parts
    assertOpen()
    checkOptions('artifacts.list', artifactsTable, options)
    const { platform, allPlatforms = false, ...query } = options
    const of = allPlatforms ? 'all' : platform === undefined ? 'index' : 'platform'
    const chosen = await chooseImage(names.locate(name, { platform }), { ...query, retry })
    return withSource(chosen, (request) => imageReferrers(request, { ...query, of, retry }))
  }

  /**
   * Says why a policy accepts an image. Requests manifests and signatures only.
   *
   * @param name image name as for `pull`
   * @throws the error with which a pull would be refused: POLICY_REJECTED, SIGNATURE_MISSING, SIGNATURE_INVALID,
   *   SIGNATURE_UNTRUSTED, SIGNATURE_MISMATCH, SIGNATURE_EXPIRED; USAGE for an invalid policy; errors of resolving the
   *   name
   */
  async check(name: string, options: CheckPolicyOptions = {}): Promise<CheckedImage> {
    const { names, retry, assertOpen } = this.parts
    assertOpen()
    checkOptions('artifacts.check', checkPolicyTable, options)
    const { platform, policy: own = this.parts.policy ?? { file: 'containers' }, ...rest } = options
    const policy = await imagePolicy(own)
    if (policy === undefined) throw new WindlassError('INTERNAL', 'no policy')
    const chosen = await chooseImage(names.locate(name, { platform }), { ...rest, retry })
    return withSource(chosen, (request) => checkImage(request, { ...rest, policy, retry }))
  }
}
