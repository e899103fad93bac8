import { describe, expect, it } from 'vitest'
import { parseReference } from '../../../lib/image/index.js'
import { type SignedIdentity, isSignedAs } from '../../../lib/signatures/signed-identity.js'

const digest = `sha256:${'0'.repeat(64)}`
const another = `sha256:${'1'.repeat(64)}`
const app = 'mirror.example/team/app'
const tagged = `${app}:1`
const byDigest = `${app}@${digest}`
const both = `${app}:1@${digest}`
const exact = { type: 'matchExact' } as const
const repoOrExact = { type: 'matchRepoDigestOrExact' } as const

describe('the name that a signature states', () => {
  it.each<[SignedIdentity, string, string, boolean]>([
    [exact, tagged, tagged, true],
    [exact, tagged, `${app}:2`, false],
    [exact, tagged, 'mirror.example/team/b:1', false],
    [exact, app, app, false],
    [exact, byDigest, byDigest, true],
    [exact, byDigest, `${app}@${another}`, false],
    [exact, byDigest, tagged, false],
    [exact, both, both, true],
    [exact, both, tagged, false],
    [repoOrExact, tagged, tagged, true],
    [repoOrExact, tagged, `${app}:2`, false],
    [repoOrExact, byDigest, `${app}:7`, true],
    [repoOrExact, byDigest, app, true],
    [repoOrExact, byDigest, 'mirror.example/team/b:7', false],
    [repoOrExact, both, `${app}:7`, false],
    [repoOrExact, both, both, true],
    [{ type: 'matchRepository' }, tagged, `${app}:2`, true],
    [{ type: 'matchRepository' }, tagged, 'other.example/team/app:1', false],
  ])('with %o counts for %s if it is %s: %s', (identity, image, signed, counts) => {
    expect(isSignedAs(identity, parseReference(image), signed)).toBe(counts)
  })

  it.each([
    [app, 'quay.io/org/b', 'quay.io/org/b:1', true],
    [tagged, 'quay.io/org/b:2', 'quay.io/org/b:2', true],
    ['mirror.example/team/ap', 'quay.io/org/b', 'quay.io/org/bp:1', false],
    ['other.example', 'quay.io', tagged, true],
    ['other.example', 'quay.io', 'quay.io/team/app:1', false],
    ['mirror.example', 'quay.io', tagged, false],
    ['mirror.example', 'quay.io', 'quay.io/team/app:2', false],
    ['mirror.example', 'not a name!', 'quay.io/team/app:1', false],
  ])(
    'after the prefix %s is replaced by %s counts if it is %s: %s',
    (prefix, signedPrefix, signed, counts) => {
      const identity = { type: 'remapIdentity', prefix, signedPrefix } as const
      expect(isSignedAs(identity, parseReference(tagged), signed)).toBe(counts)
    },
  )

  it('may have any tag after a prefix is replaced if the image is named by its digest', () => {
    const identity = { type: 'remapIdentity', prefix: 'mirror.example', signedPrefix: 'quay.io' } as const
    expect(isSignedAs(identity, parseReference(byDigest), 'quay.io/team/app:7')).toBe(true)
  })

  it('never counts if a name in the policy cannot be parsed', () => {
    const image = parseReference(tagged)
    const [dockerReference, dockerRepository] = ['not a name!', 'not a name!']
    expect(isSignedAs({ type: 'exactReference', dockerReference }, image, tagged)).toBe(false)
    expect(isSignedAs({ type: 'exactRepository', dockerRepository }, image, tagged)).toBe(false)
  })
})
