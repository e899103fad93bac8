import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { bundleSignature } from '../../../lib/signatures/bundle-signature.js'
import { type Bundle, ecdsa, keyBundle, statementOf } from '../../support/signing.js'

const image = digestOf(Buffer.from('an image'))
const manifest = digestOf(Buffer.from('a signature'))
const keys = ecdsa()
const read = (bundle: unknown) => bundleSignature(Buffer.from(JSON.stringify(bundle)), manifest)
const withEnvelope = (bundle: Bundle, change: object): unknown => ({
  ...bundle,
  dsseEnvelope: { ...bundle.dsseEnvelope, ...change },
})

describe('a bundle', () => {
  it('states the digests of its statement, whose version is 1 or 0.1', async () => {
    for (const version of ['v1', 'v0.1']) {
      const statement = {
        ...statementOf(image),
        _type: `https://in-toto.io/Statement/${version}`,
        subject: [{ digest: { sha256: 'a', sha512: 'b' } }, { digest: { sha256: 'c' } }],
      }
      const bundle = keyBundle(statement, keys)
      const signature = await read(bundle)
      expect(signature.claim).toEqual({ digests: ['sha256:a', 'sha512:b', 'sha256:c'], reference: undefined })
      const { hint } = bundle.verificationMaterial['publicKey'] as { hint: string }
      expect(signature).toMatchObject({ manifest, form: 'bundle', keyHint: hint, hasCertificate: false })
    }
  })

  const good = keyBundle(statementOf(image), keys)
  it.each<[string, unknown]>([
    ['a version of the statement that is not known', keyBundle({ ...statementOf(image), _type: 'v2' }, keys)],
    ['a statement without subjects', keyBundle({ ...statementOf(image), subject: undefined }, keys)],
    ['another type of payload', withEnvelope(good, { payloadType: 'application/json' })],
    ['a payload that is not JSON', withEnvelope(good, { payload: Buffer.from('{').toString('base64') })],
    ['the predicate of an attestation', keyBundle(statementOf(image, 'https://slsa.dev/v1'), keys)],
    [
      'a signature of a file',
      {
        ...{ mediaType: good.mediaType, verificationMaterial: good.verificationMaterial },
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: 'AAAA' },
          signature: 'AAAA',
        },
      },
    ],
  ])('is invalid with %s', async (_, bundle) => {
    await expect(read(bundle)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining(manifest) as string,
    })
  })
})
