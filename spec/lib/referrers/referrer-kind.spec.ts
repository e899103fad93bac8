import { describe, expect, it } from 'vitest'
import { referrerKind } from '../../../lib/referrers/index.js'

const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const predicate = (type: string) => ({ 'dev.sigstore.bundle.predicateType': type })

describe('the kind of a referrer', () => {
  it.each([
    ['signature', bundle, predicate('https://sigstore.dev/cosign/sign/v1')],
    ['signature', 'application/vnd.cncf.notary.signature', {}],
    ['signature', bundle, {}],
    ['attestation', bundle, predicate('https://slsa.dev/provenance/v1')],
    ['sbom', bundle, predicate('https://spdx.dev/Document')],
    ['attestation', 'application/vnd.in-toto+json', {}],
    ['sbom', 'application/spdx+json', {}],
    ['sbom', 'application/vnd.cyclonedx+json', {}],
    ['other', 'application/x', {}],
  ] as const)('is %s for %s with %o', (kind, artifactType, annotations) => {
    expect(referrerKind({ artifactType, annotations, layers: [] })).toBe(kind)
  })
})
