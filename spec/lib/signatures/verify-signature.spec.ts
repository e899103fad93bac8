import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import { bundleSignature } from '../../../lib/signatures/bundle-signature.js'
import { parseTrustRoot } from '../../../lib/signatures/trust-root.js'
import { verifySigner } from '../../../lib/signatures/verify-signature.js'
import { authorities, identity, statementOf } from '../../support/signing.js'

describe('a signature by an identity', () => {
  it('needs a time that the trust root confirms: that of a log that it does not have is none', async () => {
    const ours = await authorities()
    const manifest = digestOf(Buffer.from('a signature'))
    const bundle = await ours.sign(statementOf(digestOf(Buffer.from('an image'))))
    const signature = await bundleSignature(Buffer.from(JSON.stringify(bundle)), manifest)
    const verified = (trustRoot: object) =>
      verifySigner(signature, {
        kind: 'identity',
        identity,
        trustRoot: parseTrustRoot(Buffer.from(JSON.stringify(trustRoot)), 'a test'),
      })
    const trustRoot = JSON.parse(ours.trustRoot) as object
    expect(await verified(trustRoot)).toContain(identity.subject)
    await expect(verified({ ...trustRoot, tlogs: [] })).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: expect.stringContaining('timestamp') as string,
    })
  })
})
