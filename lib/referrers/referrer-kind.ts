/** Decides what a referrer is for: a signature, an SBOM or an attestation. */
import type { Referrer } from './referrer.js'

/** What a referrer is for. */
export type ReferrerKind = 'signature' | 'sbom' | 'attestation' | 'other'

const sbomType = /spdx|cyclonedx|vnd\.syft\+|sbom/i
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1'

/** Type of the statement in an attestation, if the manifest states it; undefined otherwise. */
export const predicateTypeOf = ({
  annotations,
  layers,
}: Pick<Referrer, 'annotations' | 'layers'>): string | undefined =>
  annotations['dev.sigstore.bundle.predicateType'] ??
  layers[0]?.annotations?.['dev.sigstore.bundle.predicateType'] ??
  layers[0]?.annotations?.['predicateType'] ??
  layers[0]?.annotations?.['in-toto.io/predicate-type']

/**
 * Returns the kind of a referrer, from its artifact type, its media types and the predicate type that it states. An
 * attestation whose predicate is an SBOM counts as an SBOM. Nothing of this is verified.
 */
export function referrerKind(
  referrer: Pick<Referrer, 'artifactType' | 'annotations' | 'layers' | 'cosign'>,
): ReferrerKind {
  const { artifactType, layers, cosign } = referrer
  const types = [artifactType, ...layers.map(({ mediaType }) => mediaType)]
  const predicate = predicateTypeOf(referrer)
  if (predicate === signaturePredicate) return 'signature'
  if (sbomType.test(predicate ?? '') || cosign === 'sbom' || types.some((type) => sbomType.test(type)))
    return 'sbom'
  if (predicate !== undefined || types.some((type) => /in-toto|dsse\.envelope/.test(type)))
    return 'attestation'
  if (types.some((type) => /simplesigning|sigstore\.bundle|notary\.signature/.test(type))) return 'signature'
  return cosign === 'att' ? 'attestation' : 'other'
}
