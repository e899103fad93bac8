import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type ImageSource, digestOf, parseReference } from '../../../../lib/image/index.js'
import {
  type ImagePolicy,
  type PolicyRequirement,
  checkPolicy,
  parsePublicKeys,
  requireSigned,
} from '../../../../lib/signatures/index.js'
import { type BuiltArtifact } from '../../../support/artifacts.js'
import { bundleArtifact, ecdsa, keyBundle, pemOf, statementOf } from '../../../support/signing.js'

const image = digestOf(Buffer.from('an image'))
const [ours, theirs] = [ecdsa(), ecdsa()]
const name = 'registry.test/app:1'
const signedBy = (pair: typeof ours): PolicyRequirement & { type: 'signed' } => ({
  type: 'signed',
  signer: { kind: 'keys', keys: parsePublicKeys(pemOf(pair.publicKey), 'a test') },
})
const policyOf = (...requirements: readonly PolicyRequirement[]): ImagePolicy => ({
  ruleFor: (asked) => ({ requirements: asked === name ? requirements : [], origin: 'a test' }),
})

/** An image whose source lists these signatures, and the requests that it received. */
function signedImage(...signatures: readonly BuiltArtifact[]) {
  const requests: unknown[] = []
  const source = {
    host: 'registry.test',
    async *referrers(_: unknown, request: unknown) {
      requests.push(request)
      yield await Promise.resolve(signatures.map(({ descriptor }) => descriptor))
    },
    manifest(tagOrDigest: string, request: unknown) {
      requests.push(request)
      const found = signatures.find(({ descriptor }) => descriptor.digest === tagOrDigest)
      if (!found) return Promise.reject(new WindlassError('MANIFEST_UNKNOWN', 'there is none'))
      return Promise.resolve({ bytes: found.bytes, contentType: undefined, host: 'registry.test' })
    },
    async blob({ digest }: { digest: string }, request: unknown) {
      requests.push(request)
      const { Readable } = await import('node:stream')
      const { content } = signatures.find((each) => digestOf(each.content) === digest)!
      return { stream: Readable.from([content]) }
    },
  } as unknown as ImageSource
  const digests = [image]
  return { requests, image: { name, reference: parseReference(name), source, digests } }
}

describe('a policy', () => {
  const signature = bundleArtifact(image, keyBundle(statementOf(image), ours))
  const another = bundleArtifact(image, keyBundle(statementOf(image), theirs))

  it('accepts without a signature, and without a request', async () => {
    const { image: unsigned, requests } = signedImage()
    const decision = await checkPolicy(policyOf({ type: 'accept' }), unsigned)
    expect(decision).toEqual({ origin: 'a test', signatures: [] })
    expect(requests).toEqual([])
  })

  it.each<[string, readonly PolicyRequirement[]]>([
    ['with a rejection', [{ type: 'accept' }, signedBy(ours), { type: 'reject' }]],
    ['without any requirement', []],
  ])('rejects %s, without a request', async (_, requirements) => {
    const { image: signed, requests } = signedImage(signature)
    await expect(checkPolicy(policyOf(...requirements), signed)).rejects.toMatchObject({
      ...{ code: 'POLICY_REJECTED', subject: { reference: name } },
    })
    expect(requests).toEqual([])
  })

  it('requires all signatures that it names', async () => {
    const both = policyOf(signedBy(ours), { type: 'accept' }, signedBy(theirs))
    const { signatures } = await checkPolicy(both, signedImage(signature, another).image)
    expect(signatures.map((each) => each.signature)).toEqual([
      signature.descriptor.digest,
      another.descriptor.digest,
    ])
    for (const one of [signature, another])
      await expect(checkPolicy(both, signedImage(one).image)).rejects.toMatchObject({
        code: 'SIGNATURE_UNTRUSTED',
      })
  })

  it('passes the signal and the receivers on to the source', async () => {
    const { image: signed, requests } = signedImage(signature)
    const { signal } = new AbortController()
    const request = { signal, onWarning: () => undefined, onRequest: () => undefined }
    const policy = requireSigned(signedBy(ours), 'a test')
    expect((await checkPolicy(policy, signed, request)).origin).toBe('a test')
    const { onWarning, onRequest } = request
    expect(requests).toMatchObject([
      { signal, onWarning, onRequest },
      { signal, onWarning },
      { signal, onRequest },
    ])
  })
})
