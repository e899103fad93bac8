import { describe, expect, it } from 'vitest'
import { type Descriptor, digestOf } from '../../../lib/image/index.js'
import { predicateTypeOf, referrerKind } from '../../../lib/referrers/index.js'

const bundle = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const predicate = (type: string) => ({ 'dev.sigstore.bundle.predicateType': type })

const layer = (mediaType: string, annotations?: Record<string, string>): Descriptor => ({
  ...{ mediaType, digest: digestOf(Buffer.from(mediaType)), size: 1 },
  ...(annotations && { annotations }),
})

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
  it.each([
    ['sbom', 'text/spdx'],
    ['sbom', 'application/vnd.syft+json'],
    ['sbom', 'application/vnd.example.SBOM'],
    ['attestation', 'application/vnd.in-toto+json'],
    ['attestation', 'application/vnd.dsse.envelope.v1+json'],
    ['signature', 'application/vnd.dev.cosign.simplesigning.v1+json'],
    ['signature', bundle],
    ['other', 'application/x'],
  ] as const)('is %s for a layer %s, whatever the artifact type', (kind, mediaType) => {
    const layers = [layer('application/x'), layer(mediaType)]
    expect(referrerKind({ artifactType: 'application/y', annotations: {}, layers })).toBe(kind)
  })

  it.each([
    ['sbom', 'sbom'],
    ['attestation', 'att'],
    ['other', 'sig'],
  ] as const)('is %s for what is under the tag .%s of cosign and says nothing else', (kind, cosign) => {
    expect(referrerKind({ artifactType: 'application/x', annotations: {}, layers: [], cosign })).toBe(kind)
  })

  it('is that of the predicate, also for the media types of another kind', () => {
    const spdx = { artifactType: 'application/spdx+json', layers: [] }
    const signed = predicate('https://sigstore.dev/cosign/sign/v1')
    expect(referrerKind({ ...spdx, annotations: signed, cosign: 'sbom' })).toBe('signature')
    const other = { artifactType: 'application/x', annotations: predicate('https://x.test'), layers: [] }
    expect(referrerKind(other)).toBe('attestation')
  })
})

describe('the predicate type of an attestation', () => {
  it('is that of the manifest, or else of its first layer', () => {
    const type = 'dev.sigstore.bundle.predicateType'
    const keys = [type, 'predicateType', 'in-toto.io/predicate-type']
    const layers = [layer('a/b', Object.fromEntries(keys.map((key) => [key, `${key} of the layer`])))]
    expect(predicateTypeOf({ annotations: { [type]: 'a' }, layers })).toBe('a')
    for (const [at, key] of keys.entries()) {
      const rest = Object.fromEntries(keys.slice(at).map((each) => [each, each]))
      expect(predicateTypeOf({ annotations: {}, layers: [layer('a/b', rest)] })).toBe(key)
    }
    expect(predicateTypeOf({ annotations: {}, layers: [layer('a/b'), ...layers] })).toBeUndefined()
    expect(predicateTypeOf({ annotations: {}, layers: [] })).toBeUndefined()
  })
})
