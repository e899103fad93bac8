import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { simpleSignature } from '../../../lib/signatures/simple-signature.js'
import { payloadOf } from '../../support/signing.js'

const image = digestOf(Buffer.from('an image'))
const manifest = digestOf(Buffer.from('a signature'))
const payload = payloadOf(image, 'registry.test/app')
const signed = { 'dev.cosignproject.cosign/signature': Buffer.from('signed').toString('base64') }
const read = (annotations: Record<string, string>, content: unknown = payload) =>
  simpleSignature(Buffer.from(JSON.stringify(content)), annotations, manifest)

const body = { kind: 'hashedrekord', apiVersion: '0.0.1' }
const entry = (content: unknown = body) => ({
  SignedEntryTimestamp: Buffer.from('promised').toString('base64'),
  Payload: {
    body: Buffer.from(JSON.stringify(content)).toString('base64'),
    ...{ integratedTime: 1_700_000_000, logIndex: 7, logID: 'c0ffee' },
  },
})
const bundleKey = 'dev.sigstore.cosign/bundle'
const timestampKey = 'dev.sigstore.cosign/rfc3161timestamp'

describe('a signature in the older form', () => {
  it('states the digest and the name of its payload', async () => {
    const signature = await read(signed)
    expect(signature).toMatchObject({
      ...{ manifest, form: 'simple-signing', hasCertificate: false, keyHint: undefined },
      claim: { digests: [image], reference: 'registry.test/app' },
      ...{ signed: Buffer.from(JSON.stringify(payload)), signature: Buffer.from('signed') },
    })
    expect(signature.bundle.verificationMaterial.tlogEntries).toEqual([])
  })

  it('has the entry of the log and the timestamp of its annotations', async () => {
    const { bundle } = await read({
      ...signed,
      [bundleKey]: JSON.stringify(entry()),
      [timestampKey]: JSON.stringify({ SignedRFC3161Timestamp: Buffer.from('at noon').toString('base64') }),
    })
    const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial
    expect(tlogEntries).toMatchObject([
      {
        ...{ logIndex: '7', integratedTime: '1700000000' },
        logId: { keyId: Buffer.from('c0ffee', 'hex') },
        kindVersion: { kind: 'hashedrekord', version: '0.0.1' },
        inclusionPromise: { signedEntryTimestamp: Buffer.from('promised') },
        canonicalizedBody: Buffer.from(JSON.stringify(body)),
      },
    ])
    expect(timestampVerificationData!.rfc3161Timestamps).toEqual([
      { signedTimestamp: Buffer.from('at noon') },
    ])
  })

  it('has no entry and no timestamp if the annotations are empty', async () => {
    const { bundle } = await read({ ...signed, [bundleKey]: '', [timestampKey]: '' })
    expect(bundle.verificationMaterial).toMatchObject({
      tlogEntries: [],
      timestampVerificationData: { rfc3161Timestamps: [] },
    })
  })

  it('has the first certificate of its annotation', async () => {
    const pem = (text: string): string =>
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`
    const { bundle, hasCertificate } = await read({
      ...signed,
      'dev.sigstore.cosign/certificate': pem('ours') + pem('theirs'),
    })
    expect(hasCertificate).toBe(true)
    expect(bundle.verificationMaterial.content).toMatchObject({
      x509CertificateChain: { certificates: [{ rawBytes: Buffer.from('ours') }] },
    })
  })

  it.each<[string, Record<string, string>, unknown?]>([
    ['no signature', {}],
    ['an empty signature', { 'dev.cosignproject.cosign/signature': '' }],
    ['another type of payload', signed, { critical: { ...payload.critical, type: 'a file' } }],
    ['an entry that is not JSON', { ...signed, [bundleKey]: '{' }],
    ['an entry without a time', { ...signed, [bundleKey]: '{"SignedEntryTimestamp": "AAAA"}' }],
    ['an entry whose body has no kind', { ...signed, [bundleKey]: JSON.stringify(entry({})) }],
    ['an entry whose body is a list', { ...signed, [bundleKey]: JSON.stringify(entry([])) }],
    ['a timestamp of another form', { ...signed, [timestampKey]: '{}' }],
  ])('is invalid with %s', async (_, annotations, content) => {
    await expect(read(annotations, content)).rejects.toMatchObject({
      ...{ code: 'SIGNATURE_INVALID', subject: { digest: manifest } },
      message: expect.stringContaining(manifest) as string,
    })
  })
})
