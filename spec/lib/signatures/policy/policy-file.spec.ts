import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ImagePolicy, parsePolicyFile } from '../../../../lib/signatures/index.js'
import { scopesOf } from '../../../../lib/signatures/policy/scopes.js'
import { isSignedAs } from '../../../../lib/signatures/signed-identity.js'
import { parseReference } from '../../../../lib/image/index.js'
import { ecdsa, pemOf } from '../../../support/signing.js'

const pem = pemOf(ecdsa().publicKey)
const files = new Map([
  ['/etc/keys/a.pub', pem],
  ['/policies/b.pub', pem],
])
const certificates = ['one', 'two'].map(
  (text) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`,
)
const chain = Buffer.from(certificates.join('')).toString('base64')
files.set('/policies/ca.pem', certificates.join(''))
const read = (file: string): Buffer => {
  const text = files.get(file)
  if (text === undefined) throw new Error(`no file ${file}`)
  return Buffer.from(text)
}
const parse = (policy: unknown): ImagePolicy =>
  parsePolicyFile(Buffer.from(JSON.stringify(policy)), { file: '/policies/policy.json', read })
const reject = [{ type: 'reject' }]
const accept = [{ type: 'insecureAcceptAnything' }]

describe('the scopes of an image', () => {
  it.each([
    [
      'alpine',
      [
        'docker.io/library/alpine:latest',
        'docker.io/library/alpine',
        'docker.io/library',
        'docker.io',
        '*.io',
      ],
    ],
    [
      'quay.example.com:5000/a/b/c:1',
      [
        ...['quay.example.com:5000/a/b/c:1', 'quay.example.com:5000/a/b/c', 'quay.example.com:5000/a/b'],
        ...['quay.example.com:5000/a', 'quay.example.com:5000', '*.example.com', '*.com'],
      ],
    ],
    ['oci:/a/b:1', ['/a/b:1', '/a/b', '/a']],
    ['oci:/a/b', ['/a/b', '/a']],
    ['dir:/a/b', ['/a/b', '/a']],
    ['oci-archive:/a/b.tar:1', ['/a/b.tar:1', '/a/b.tar', '/a']],
    ['docker-archive:/a/b.tar:c:1', []],
  ])('of %s are the most specific first', (name, scopes) => {
    expect(scopesOf(name).scopes).toEqual(scopes)
  })
})

describe('a policy file', () => {
  it('applies the most specific scope', () => {
    const policy = parse({
      default: reject,
      transports: {
        docker: {
          'docker.io': accept,
          'docker.io/library/alpine': reject,
          '*.example.com': accept,
          '': reject,
        },
      },
    })
    const types = (name: string) => policy.ruleFor(name).requirements.map(({ type }) => type)
    expect(types('docker.io/library/alpine:3')).toEqual(['reject'])
    expect(types('docker.io/library/busybox:1')).toEqual(['accept'])
    expect(types('registry.example.com/a:1')).toEqual(['accept'])
    expect(types('quay.io/a:1')).toEqual(['reject'])
    expect(policy.ruleFor('oci:/x:1').origin).toContain('the default')
  })

  it('applies the default scope of a transport to images without a scope of their own, not the global default', () => {
    const policy = parse({ default: reject, transports: { docker: { '': accept } } })
    const { requirements, origin } = policy.ruleFor('quay.io/a:1')
    expect(requirements).toEqual([{ type: 'accept' }])
    expect(origin).toContain('the scope "docker:"')
    expect(policy.ruleFor('oci:/x:1').requirements).toEqual([{ type: 'reject' }])
  })

  it.each([
    [{ keyPath: '/etc/keys/a.pub' }, 1],
    [{ keyPath: 'b.pub' }, 1],
    [{ keyPaths: ['/etc/keys/a.pub', 'b.pub'] }, 2],
    [{ keyData: Buffer.from(pem).toString('base64') }, 1],
    [{ keyDatas: [pem, pem + pem].map((text) => Buffer.from(text).toString('base64')) }, 3],
  ])('reads the keys of %o', (fields, count) => {
    const { requirements } = parse({ default: [{ type: 'sigstoreSigned', ...fields }] }).ruleFor('a')
    expect(requirements).toMatchObject([{ type: 'signed', signer: { kind: 'keys' } }])
    expect((requirements[0] as unknown as { signer: { keys: unknown[] } }).signer.keys).toHaveLength(count)
  })

  it('refuses signatures of GnuPG as not supported', () => {
    expect(() => parse({ default: [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/a' }] })).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('signedBy') as string,
      }),
    )
  })

  it.each<[string, unknown]>([
    ['no default', {}],
    ['an empty list', { default: [] }],
    ['an unknown type', { default: [{ type: 'trustMe' }] }],
    ['an unknown field', { default: [{ type: 'reject', but: 'not this' }] }],
    ['an unknown field of the document', { default: accept, exceptions: [] }],
    [
      'two kinds of keys',
      { default: [{ type: 'sigstoreSigned', keyPath: '/etc/keys/a.pub', keyData: 'AA==' }] },
    ],
    ['no key', { default: [{ type: 'sigstoreSigned' }] }],
    [
      'no log beside fulcio',
      { default: [{ type: 'sigstoreSigned', fulcio: { caData: '', oidcIssuer: 'a', subjectEmail: 'b' } }] },
    ],
    [
      'an unknown identity',
      { default: [{ type: 'sigstoreSigned', keyPath: 'b.pub', signedIdentity: { type: 'any' } }] },
    ],
    [
      'an identity that lacks a field',
      { default: [{ type: 'sigstoreSigned', keyPath: 'b.pub', signedIdentity: { type: 'exactReference' } }] },
    ],
    ['a list', []],
  ])('is invalid with %s', (_, policy) => {
    expect(() => parse(policy)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  const keyed = { type: 'sigstoreSigned', keyPath: 'b.pub' }
  const fulcio = { caData: chain, oidcIssuer: 'https://accounts.test', subjectEmail: 'a@b.test' }
  const keyless = { type: 'sigstoreSigned', fulcio, rekorPublicKeyPath: 'b.pub' }
  it.each<[string, object]>([
    ['an accepting requirement with a field', { type: 'insecureAcceptAnything', keyPath: 'b.pub' }],
    ['an unknown field of keys', { ...keyed, keyPth: 'b.pub' }],
    ['an unknown field of fulcio', { ...keyless, fulcio: { ...fulcio, subject: 'a' } }],
    ['keys that are a text', { type: 'sigstoreSigned', keyPaths: 'b.pub' }],
    ['a key that is a list', { type: 'sigstoreSigned', keyPath: ['b.pub'] }],
    ['no key in the list', { type: 'sigstoreSigned', keyPaths: [] }],
    ['a key that is a number', { type: 'sigstoreSigned', keyPaths: ['b.pub', 1] }],
    ['keys and fulcio', { ...keyless, keyPath: 'b.pub' }],
    ['two kinds of keys of logs', { ...keyed, rekorPublicKeyPath: 'b.pub', rekorPublicKeyData: 'AA==' }],
    ['a key that is not a key', { type: 'sigstoreSigned', keyData: 'AAAA' }],
    ['fulcio that is a text', { ...keyless, fulcio: 'a' }],
    ['fulcio without an issuer', { ...keyless, fulcio: { ...fulcio, oidcIssuer: undefined } }],
    ['fulcio without a subject', { ...keyless, fulcio: { ...fulcio, subjectEmail: undefined } }],
    ['fulcio without a certificate', { ...keyless, fulcio: { ...fulcio, caData: undefined } }],
    ['fulcio with two certificates', { ...keyless, fulcio: { ...fulcio, caPath: 'ca.pem' } }],
    ['fulcio whose certificate is not one', { ...keyless, fulcio: { ...fulcio, caData: 'AAAA' } }],
    ['an identity that is a text', { ...keyed, signedIdentity: 'matchExact' }],
    ['an unknown field of an identity', { ...keyed, signedIdentity: { type: 'matchExact', prefix: 'a' } }],
    [
      'an empty name in an identity',
      { ...keyed, signedIdentity: { type: 'exactRepository', dockerRepository: '' } },
    ],
    [
      'a prefix without its replacement',
      { ...keyed, signedIdentity: { type: 'remapIdentity', prefix: 'a' } },
    ],
    [
      'more than a name in an identity',
      { ...keyed, signedIdentity: { type: 'exactReference', dockerReference: 'a:1', prefix: 'a' } },
    ],
  ])('is invalid with %s in a requirement', (_, requirement) => {
    for (const policy of [
      { default: [requirement] },
      { default: accept, transports: { docker: { 'a.test': [...accept, requirement] } } },
    ])
      expect(() => parse(policy)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('is invalid with scopes that are not objects', () => {
    for (const transports of [[], { docker: [] }, { docker: { 'a.test': { type: 'reject' } } }])
      expect(() => parse({ default: accept, transports })).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('refuses certificates of a PKI as not supported', () => {
    expect(() => parse({ default: [{ ...keyed, pki: {} }] })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    )
  })

  it('requires that one of the logs contains a signature by a key', () => {
    for (const [fields, count] of [
      [{ rekorPublicKeyPath: 'b.pub' }, 1],
      [{ rekorPublicKeyPaths: ['b.pub', '/etc/keys/a.pub'] }, 2],
      [{ rekorPublicKeyData: Buffer.from(pem).toString('base64') }, 1],
      [{ rekorPublicKeyDatas: [Buffer.from(pem).toString('base64')] }, 1],
    ] as const) {
      const [requirement] = parse({ default: [{ ...keyed, ...fields }] }).ruleFor('a').requirements
      const { signer } = requirement as unknown as { signer: { logs: unknown[] } }
      expect(signer.logs).toHaveLength(count)
    }
    expect(parse({ default: [keyed] }).ruleFor('a').requirements).toMatchObject([
      { signer: { kind: 'keys' } },
    ])
    const [plain] = parse({ default: [keyed] }).ruleFor('a').requirements
    expect(Object.keys((plain as unknown as { signer: object }).signer)).toEqual(['kind', 'keys'])
  })

  it('requires an identity that the authorities of fulcio confirm', () => {
    for (const { caData, ...given } of [fulcio, { ...fulcio, caData: undefined, caPath: 'ca.pem' }]) {
      const requirement = { ...keyless, fulcio: { ...given, ...(caData && { caData }) } }
      expect(parse({ default: [requirement] }).ruleFor('a').requirements).toMatchObject([
        {
          type: 'signed',
          signer: {
            kind: 'identity',
            identity: { subject: 'a@b.test', issuer: 'https://accounts.test' },
            trustRoot: {
              certificateAuthorities: [
                {
                  certChain: {
                    certificates: [Buffer.from('one'), Buffer.from('two')].map((rawBytes) => ({ rawBytes })),
                  },
                },
              ],
              ...{ timestampAuthorities: [], ctlogs: [], tlogs: [{}] },
            },
          },
        },
      ])
    }
  })

  it.each([
    { type: 'matchExact' },
    { type: 'matchRepoDigestOrExact' },
    { type: 'matchRepository' },
    { type: 'exactReference', dockerReference: 'a.test/b:1' },
    { type: 'exactRepository', dockerRepository: 'a.test/b' },
    { type: 'remapIdentity', prefix: 'a.test', signedPrefix: 'b.test' },
  ])('requires the name %o', (signedIdentity) => {
    const [requirement] = parse({ default: [{ ...keyed, signedIdentity }] }).ruleFor('a').requirements
    expect(requirement).toMatchObject({ identity: signedIdentity })
    expect(requirement).not.toHaveProperty('identityIfStated')
  })

  it('requires the name that a signature states to be exact unless it says otherwise', () => {
    const [requirement] = parse({ default: [keyed] }).ruleFor('a').requirements
    expect(requirement).toMatchObject({ identityIfStated: { type: 'matchRepoDigestOrExact' } })
    expect(requirement).not.toHaveProperty('identity')
  })

  it('accepts nothing that is not a policy', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => parsePolicyFile(Buffer.from(text), { file: '/p', read })).toThrow()
      }),
    )
  })
})

describe('the name in a signature', () => {
  const image = parseReference('mirror.example/team/app:1')
  it.each([
    [{ type: 'exactReference', dockerReference: 'a.example/b:1' }, 'a.example/b:1', true],
    [{ type: 'exactReference', dockerReference: 'a.example/b:1' }, 'a.example/b:2', false],
    [{ type: 'exactRepository', dockerRepository: 'a.example/b' }, 'a.example/b:2', true],
    [{ type: 'exactRepository', dockerRepository: 'a.example/b' }, 'a.example/c:2', false],
    [
      { type: 'remapIdentity', prefix: 'mirror.example', signedPrefix: 'quay.io' },
      'quay.io/team/app:1',
      true,
    ],
    [{ type: 'remapIdentity', prefix: 'mirror.ex', signedPrefix: 'quay.io' }, 'quay.io/team/app:1', false],
    [{ type: 'matchRepository' }, 'not a name!', false],
  ] as const)('%o counts %s: %s', (identity, signed, counts) => {
    expect(isSignedAs(identity, image, signed)).toBe(counts)
  })

  it('may have any tag if the image is named by its digest', () => {
    const byDigest = parseReference(`mirror.example/team/app@sha256:${'0'.repeat(64)}`)
    expect(isSignedAs({ type: 'matchRepoDigestOrExact' }, byDigest, 'mirror.example/team/app:7')).toBe(true)
    expect(isSignedAs({ type: 'matchRepoDigestOrExact' }, byDigest, 'mirror.example/team/b:7')).toBe(false)
  })
})
