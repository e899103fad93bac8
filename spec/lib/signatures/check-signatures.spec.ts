/** Signatures of both forms, by keys and by identities, and each way in which they do not count. */
import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../lib/errors.js'
import { type Digest, cosignTag, digestOf, parseReference, referrersTag } from '../../../lib/image/index.js'
import { type Repository } from '../../../lib/registry/index.js'
import {
  type AcceptedSignature,
  type SignatureRequirement,
  checkSignatures,
  parsePublicKeys,
  parseTrustRoot,
} from '../../../lib/signatures/index.js'
import type { TestRegistry } from '../../../lib/testing/registry/index.js'
import { type BuiltArtifact, listUnderTag, putArtifact } from '../../support/artifacts.js'
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
import { manifest, withRegistry } from '../../support/with-registry.js'

const image = digestOf(manifest)
const other = digestOf(Buffer.from('another image'))
const keys = ecdsa()
const strangers = ecdsa()
const name = 'registry.example/team/app:1'
const reference = parseReference(name)

const byKey = (...all: readonly { publicKey: typeof keys.publicKey }[]): SignatureRequirement => ({
  signer: { kind: 'keys', keys: all.flatMap(({ publicKey }) => parsePublicKeys(pemOf(publicKey), 'a test')) },
})

/** Checks the image of a registry with these artifacts under the tag of its referrers, and under that of cosign. */
async function check(
  requirement: SignatureRequirement,
  {
    bundles = [],
    simple,
    digests = [image],
    spoil,
  }: {
    readonly bundles?: readonly BuiltArtifact[]
    readonly simple?: BuiltArtifact
    readonly digests?: readonly Digest[]
    readonly spoil?: (registry: TestRegistry, repository: Repository) => void
  },
): Promise<AcceptedSignature> {
  let result: AcceptedSignature | undefined
  await withRegistry({}, {}, async ({ registry, repository }) => {
    for (const each of bundles) putArtifact(registry, 'team/app', each)
    if (bundles.length > 0) listUnderTag(registry, 'team/app', referrersTag(image), bundles)
    if (simple) putArtifact(registry, 'team/app', simple, cosignTag(image, 'sig'))
    spoil?.(registry, repository)
    result = await checkSignatures({ name, reference, source: repository, digests }, requirement)
  })
  return result!
}

const refusal = async (checked: Promise<unknown>): Promise<WindlassError> => {
  const error = await checked.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  )
  return error as WindlassError
}

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
