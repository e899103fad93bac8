/** Signatures of both forms, by keys and by identities, and each way in which they do not count. */
import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosignTag, digestOf } from '../../../lib/image/index.js'
import {
  type SignatureRequirement,
  checkSignatures,
  parsePublicKeys,
  parseTrustRoot,
} from '../../../lib/signatures/index.js'
import type { TestRegistry } from '../../../lib/testing/registry/index.js'
import { type BuiltArtifact, putArtifact } from '../../support/artifacts.js'
import {
  type Authorities,
  type Bundle,
  authorities,
  bundleArtifact,
  ecdsa,
  identity,
  keyBundle,
  payloadOf,
  pemOf,
  simpleArtifact,
  statementOf,
} from '../../support/signing.js'
import { withRegistry } from '../../support/with-registry.js'
import { check, image, name, refusal } from '../../support/checked-signatures.js'

const other = digestOf(Buffer.from('another image'))
const keys = ecdsa()
const strangers = ecdsa()

const byKey = (...all: readonly { publicKey: typeof keys.publicKey }[]): SignatureRequirement => ({
  signer: { kind: 'keys', keys: all.flatMap(({ publicKey }) => parsePublicKeys(pemOf(publicKey), 'a test')) },
})

const changed = (bundle: Bundle, statement: unknown): Bundle => ({
  ...bundle,
  dsseEnvelope: {
    ...bundle.dsseEnvelope,
    payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
  },
})

describe('a bundle by a key', () => {
  it.each([
    ['ECDSA P-256', ecdsa()],
    ['ECDSA P-384', ecdsa('P-384')],
    ['ECDSA P-521', ecdsa('P-521')],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', generateKeyPairSync('ed25519')],
  ])('counts: %s', async (_, pair) => {
    const bundles = [bundleArtifact(image, keyBundle(statementOf(image), pair))]
    const accepted = await check(byKey(strangers, pair), { bundles })
    expect(accepted).toMatchObject({
      form: 'bundle',
      signed: image,
      signature: bundles[0]!.descriptor.digest,
    })
  })

  it('counts for the index that leads to the image', async () => {
    const bundles = [bundleArtifact(image, keyBundle(statementOf(image), keys))]
    expect(await check(byKey(keys), { bundles, digests: [image, other] })).toMatchObject({ signed: image })
    expect(await check(byKey(keys), { bundles, digests: [other, image] })).toMatchObject({ signed: image })
  })

  it('counts if others do not', async () => {
    const bundles = [
      bundleArtifact(image, '{'),
      bundleArtifact(image, keyBundle(statementOf(image), strangers)),
      bundleArtifact(image, keyBundle(statementOf(image), keys)),
    ]
    expect(await check(byKey(keys), { bundles })).toMatchObject({ form: 'bundle' })
  })

  const good = keyBundle(statementOf(image), keys)
  it.each<[string, string, BuiltArtifact]>([
    [
      'SIGNATURE_INVALID',
      'its payload was changed',
      bundleArtifact(image, changed(good, { ...statementOf(image), more: 1 })),
    ],
    [
      'SIGNATURE_UNTRUSTED',
      'it is by another key',
      bundleArtifact(image, keyBundle(statementOf(image), strangers)),
    ],
    [
      'SIGNATURE_MISMATCH',
      'it is that of another image',
      bundleArtifact(image, keyBundle(statementOf(other), keys)),
    ],
    ['SIGNATURE_INVALID', 'it is cut off', bundleArtifact(image, JSON.stringify(good).slice(0, -40))],
    ['SIGNATURE_INVALID', 'it is no JSON', bundleArtifact(image, 'signature')],
    [
      'SIGNATURE_INVALID',
      'it is an attestation',
      bundleArtifact(image, keyBundle(statementOf(image, 'https://slsa.dev/provenance/v1'), keys)),
    ],
    [
      'SIGNATURE_INVALID',
      'it has no signature',
      bundleArtifact(image, { ...good, dsseEnvelope: { ...good.dsseEnvelope, signatures: [] } }),
    ],
    [
      'SIGNATURE_INVALID',
      'it is too large',
      bundleArtifact(image, JSON.stringify(good) + ' '.repeat(1024 * 1024)),
    ],
  ])('is %s if %s', async (code, _, bundle) => {
    const error = await refusal(check(byKey(keys), { bundles: [bundle] }))
    expect(error.code).toBe(code)
    expect(error.message).toContain(name)
    expect(error.message).toContain(bundle.descriptor.digest)
    expect(error.hint).toMatch(/\w+\.$/)
  })

  it('does not count if its manifest refers to another image, so that the image is unsigned', async () => {
    const bundles = [bundleArtifact(other, keyBundle(statementOf(image), keys))]
    expect(await refusal(check(byKey(keys), { bundles }))).toMatchObject({ code: 'SIGNATURE_MISSING' })
  })

  it('does not count if the registry changes its bytes', async () => {
    const bundle = bundleArtifact(image, good)
    const spoil = (registry: TestRegistry): void =>
      registry.hook(({ kind }) =>
        kind === 'blob'
          ? { status: 200, headers: {}, body: Buffer.from(bundle.content).fill(0x20, 5, 6) }
          : undefined,
      )
    expect(await refusal(check(byKey(keys), { bundles: [bundle], spoil }))).toMatchObject({
      code: 'SIGNATURE_INVALID',
    })
  })

  it('is not looked for beyond 100 signatures', async () => {
    const bundles = Array.from({ length: 101 }, (_, n) => bundleArtifact(image, `{"n": ${n}}`))
    bundles.push(bundleArtifact(image, good))
    expect(await refusal(check(byKey(keys), { bundles }))).toMatchObject({ code: 'SIGNATURE_INVALID' })
  })
})

describe('the reason why no signature counts', () => {
  const untrusted = bundleArtifact(image, keyBundle(statementOf(image), strangers))
  const mismatched = bundleArtifact(image, keyBundle(statementOf(other), keys))
  const invalid = bundleArtifact(image, '{')
  it.each([
    ['SIGNATURE_MISMATCH', [untrusted, invalid, mismatched]],
    ['SIGNATURE_INVALID', [untrusted, invalid]],
    ['SIGNATURE_UNTRUSTED', [untrusted]],
  ])('is the most telling one: %s', async (code, bundles) => {
    const error = await refusal(check(byKey(keys), { bundles }))
    expect(error).toMatchObject({ code, subject: { reference: name, digest: image } })
    expect(error.message.includes('more signature')).toBe(bundles.length > 1)
    if (bundles.length > 1) expect(error.message).toContain(`${bundles.length - 1} more signature`)
  })

  it('is that a signature is missing at its place', async () => {
    const lost = bundleArtifact(image, keyBundle(statementOf(image), keys))
    const spoil = (registry: TestRegistry): void =>
      registry.hook(({ kind }) =>
        kind === 'blob' ? { status: 404, headers: {}, body: Buffer.alloc(0) } : undefined,
      )
    const error = await refusal(check(byKey(keys), { bundles: [lost], spoil }))
    expect(error).toMatchObject({ code: 'SIGNATURE_INVALID', cause: { code: 'BLOB_UNKNOWN' } })
    expect(error.hint).toMatch(/\w+\.$/)
  })

  it('is not given if the registry fails to send a signature', async () => {
    const bundles = [bundleArtifact(image, keyBundle(statementOf(image), keys))]
    const spoil = (registry: TestRegistry): void =>
      registry.hook(({ kind }) =>
        kind === 'blob' ? { status: 401, headers: {}, body: Buffer.alloc(0) } : undefined,
      )
    const error = await refusal(check(byKey(keys), { bundles, spoil }))
    expect(error.code).not.toMatch(/^SIGNATURE_/)
  })

  it('says that a key made it, and of which key it is', async () => {
    const { hint } = parsePublicKeys(pemOf(strangers.publicKey), 'a test')[0]!
    const error = await refusal(check(byKey(keys), { bundles: [untrusted] }))
    expect(error.message).toContain(`the key ${hint}`)
  })
})

describe('the signatures of an image', () => {
  it('are up to 100', async () => {
    const bundles = Array.from({ length: 99 }, (_, n) => bundleArtifact(image, `{"n": ${n}}`))
    bundles.push(bundleArtifact(image, keyBundle(statementOf(image), keys)))
    expect(await check(byKey(keys), { bundles })).toMatchObject({ signed: image })
  })

  it('may be as large as their limits', async () => {
    const text = JSON.stringify(keyBundle(statementOf(image), keys))
    const bundle = bundleArtifact(image, text + ' '.repeat(1024 * 1024 - text.length))
    expect(await check(byKey(keys), { bundles: [bundle] })).toMatchObject({ signed: image })
    for (const [excess, counts] of [
      [0, true],
      [1, false],
    ] as const) {
      const payload = { ...payloadOf(image, name), optional: { pad: '' } }
      const pad = ' '.repeat(256 * 1024 + excess - JSON.stringify(payload).length)
      const simple = simpleArtifact({ ...payload, optional: { pad } }, keys)
      const checked = check(byKey(keys), { simple })
      if (counts) expect(await checked).toMatchObject({ form: 'simple-signing' })
      else expect(await refusal(checked)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
  })
})

describe('an image without a signature', () => {
  it('is SIGNATURE_MISSING, also if it has attestations', async () => {
    const statement = statementOf(image, 'https://slsa.dev/provenance/v1')
    const bundles = [bundleArtifact(image, keyBundle(statement, keys), 'https://slsa.dev/provenance/v1')]
    for (const each of [[], bundles]) {
      const error = await refusal(check(byKey(keys), { bundles: each }))
      expect(error).toMatchObject({ code: 'SIGNATURE_MISSING', subject: { reference: name, digest: image } })
    }
  })

  it('is not unsigned if the registry fails', async () => {
    const spoil = (registry: TestRegistry): void =>
      registry.hook(({ reference: tag }) =>
        tag.startsWith('sha256-') ? { status: 503, headers: {}, body: Buffer.alloc(0) } : undefined,
      )
    expect(await refusal(check(byKey(keys), { spoil }))).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })
})

describe('a signature in the older form', () => {
  const simple = simpleArtifact(payloadOf(image, 'registry.example/team/app'), keys)

  it('counts', async () => {
    expect(await check(byKey(keys), { simple })).toMatchObject({ form: 'simple-signing', signed: image })
  })

  it.each<[string, string, BuiltArtifact]>([
    ['SIGNATURE_UNTRUSTED', 'it is by another key', simpleArtifact(payloadOf(image, 'a/b'), strangers)],
    ['SIGNATURE_MISMATCH', 'it is that of another image', simpleArtifact(payloadOf(other, 'a/b'), keys)],
    ['SIGNATURE_INVALID', 'its payload has another form', simpleArtifact({ critical: {} }, keys)],
  ])('is %s if %s', async (code, _, spoilt) => {
    expect(await refusal(check(byKey(keys), { simple: spoilt }))).toMatchObject({ code })
  })

  it.each([
    ['matchRepository', 'registry.example/team/app', true],
    ['matchRepository', 'registry.example/team/app:2', true],
    ['matchRepository', 'registry.example/team/other', false],
    ['matchExact', 'registry.example/team/app:1', true],
    ['matchExact', 'registry.example/team/app', false],
    ['matchRepoDigestOrExact', 'registry.example/team/app:2', false],
  ] as const)('with %s counts for the name %s: %s', async (type, signed, counts) => {
    const artifact = simpleArtifact(payloadOf(image, signed), keys)
    const checked = check({ ...byKey(keys), identity: { type } }, { simple: artifact })
    if (counts) expect(await checked).toMatchObject({ signed: image })
    else expect(await refusal(checked)).toMatchObject({ code: 'SIGNATURE_MISMATCH' })
  })

  it('with a name that the policy compares if it is stated', async () => {
    const bundles = [bundleArtifact(image, keyBundle(statementOf(image), keys))]
    const requirement = { ...byKey(keys), identityIfStated: { type: 'matchExact' } } as const
    expect(await check(requirement, { bundles })).toMatchObject({ form: 'bundle' })
    for (const [signed, counts] of [
      [name, true],
      ['registry.example/team/app:2', false],
    ] as const) {
      const checked = check(requirement, { simple: simpleArtifact(payloadOf(image, signed), keys) })
      if (counts) expect(await checked).toMatchObject({ signed: image })
      else expect(await refusal(checked)).toMatchObject({ code: 'SIGNATURE_MISMATCH' })
    }
  })

  it('does not count for an image without a name if the policy requires one', async () => {
    await withRegistry({}, {}, async ({ registry, repository }) => {
      putArtifact(registry, 'team/app', simple, cosignTag(image, 'sig'))
      const unnamed = { name: 'oci:dir', reference: undefined, source: repository, digests: [image] }
      const requirement = { ...byKey(keys), identity: { type: 'matchRepository' } } as const
      expect(await refusal(checkSignatures(unnamed, requirement))).toMatchObject({
        code: 'SIGNATURE_MISMATCH',
      })
    })
  })

  it('is required if a name is, which bundles do not have', async () => {
    const bundles = [bundleArtifact(image, keyBundle(statementOf(image), keys))]
    const requirement = { ...byKey(keys), identity: { type: 'matchRepository' } } as const
    const error = await refusal(check(requirement, { bundles }))
    expect(error).toMatchObject({ code: 'SIGNATURE_MISMATCH' })
    expect(error.message).toContain('it states no name')
    expect(await check(requirement, { bundles, simple })).toMatchObject({ form: 'simple-signing' })
  })
})

describe('a keyless bundle', () => {
  let ours: Authorities
  let theirs: Authorities
  beforeAll(async () => {
    ours = await authorities()
    theirs = await authorities()
  })
  const byIdentity = (
    expected: { subject: string | RegExp; issuer: string | RegExp } = identity,
  ): SignatureRequirement => ({
    signer: {
      kind: 'identity',
      identity: expected,
      trustRoot: parseTrustRoot(Buffer.from(ours.trustRoot), 'a test'),
    },
  })

  it.each([
    [identity.subject, identity.issuer],
    [/https:\/\/ci\.example\/org\/.*/, identity.issuer],
  ])('counts for the identity %s of %s', async (subject, issuer) => {
    const bundles = [bundleArtifact(image, await ours.sign(statementOf(image)))]
    const accepted = await check(byIdentity({ subject, issuer }), { bundles })
    expect(accepted.by).toBe(`"${identity.subject}" (issuer "${identity.issuer}")`)
  })

  it.each([
    [/ci\.example/, identity.issuer],
    ['https://ci.example/org', identity.issuer],
    [identity.subject, 'https://accounts.example.evil'],
    [identity.subject, /https:\/\/accounts/],
  ])('is SIGNATURE_UNTRUSTED for the identity %s of %s', async (subject, issuer) => {
    const bundles = [bundleArtifact(image, await ours.sign(statementOf(image)))]
    expect(await refusal(check(byIdentity({ subject, issuer }), { bundles }))).toMatchObject({
      code: 'SIGNATURE_UNTRUSTED',
    })
  })

  it.each<[string, string, () => Promise<unknown>]>([
    [
      'SIGNATURE_EXPIRED',
      'the certificate had expired',
      () => ours.sign(statementOf(image), { at: new Date(Date.now() + 3_600_000) }),
    ],
    [
      'SIGNATURE_EXPIRED',
      'the certificate was not valid yet',
      () => ours.sign(statementOf(image), { at: new Date(Date.now() - 3_600_000) }),
    ],
    [
      'SIGNATURE_UNTRUSTED',
      'another authority issued the certificate',
      () => theirs.sign(statementOf(image)),
    ],
    ['SIGNATURE_MISMATCH', 'it is that of another image', () => ours.sign(statementOf(other))],
    [
      'SIGNATURE_INVALID',
      'its payload was changed',
      async () => changed(await ours.sign(statementOf(other)), statementOf(image)),
    ],
    [
      'SIGNATURE_UNTRUSTED',
      'it was made with a key',
      () => Promise.resolve(keyBundle(statementOf(image), keys)),
    ],
    [
      'SIGNATURE_INVALID',
      'it has no log entry, and so no time',
      async () => {
        const bundle = await ours.sign(statementOf(image))
        return { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } }
      },
    ],
  ])('is %s if %s', async (code, _, make) => {
    const bundles = [bundleArtifact(image, await make())]
    const error = await refusal(check(byIdentity(), { bundles }))
    expect({ code: error.code, message: error.message }).toMatchObject({ code })
  })

  it('is SIGNATURE_UNTRUSTED if the trust root has a log of certificates, which lacks this one', async () => {
    const logged = await authorities({ withCertificateLog: true })
    const trustRoot = parseTrustRoot(Buffer.from(logged.trustRoot), 'a test')
    const bundles = [bundleArtifact(image, await logged.sign(statementOf(image)))]
    const signer = { kind: 'identity', identity, trustRoot } as const
    expect(await refusal(check({ signer }, { bundles }))).toMatchObject({ code: 'SIGNATURE_UNTRUSTED' })
  })

  it('is SIGNATURE_UNTRUSTED where a key is required', async () => {
    const bundles = [bundleArtifact(image, await ours.sign(statementOf(image)))]
    expect(await refusal(check(byKey(keys), { bundles }))).toMatchObject({ code: 'SIGNATURE_UNTRUSTED' })
  })
})
