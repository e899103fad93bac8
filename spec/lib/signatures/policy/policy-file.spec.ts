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

  it.each([
    [{ keyPath: '/etc/keys/a.pub' }, 1],
    [{ keyPath: 'b.pub' }, 1],
    [{ keyPaths: ['/etc/keys/a.pub', 'b.pub'] }, 2],
    [{ keyData: Buffer.from(pem).toString('base64') }, 1],
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
