import { describe, expect, it } from 'vitest'
import { parseDigest } from '../../../../lib/image/digest/digest.js'
import { parseReference } from '../../../../lib/image/reference/parse-reference.js'
import { withDefaultTag } from '../../../../lib/image/reference/reference.js'
import { failure } from '../../../support/image/failure.js'

const digest = parseDigest(`sha256:${'0'.repeat(64)}`)

describe('Reference', () => {
  it('requests latest if there is neither tag nor digest (C1, S0-06)', () => {
    const bare = parseReference('alpine')
    expect([bare.tag, bare.target]).toEqual([undefined, 'latest'])
    expect(withDefaultTag(bare).toString()).toBe('docker.io/library/alpine:latest')
    expect(withDefaultTag(bare).typed).toBe('alpine')
    for (const text of ['alpine:3', `alpine@${digest}`]) {
      const reference = parseReference(text)
      expect(withDefaultTag(reference)).toBe(reference)
    }
  })

  it('requests the digest if there are both (S0-07)', () => {
    expect(parseReference(`alpine:3@${digest}`).target).toBe(digest)
    expect(parseReference('alpine:3').target).toBe('3')
  })

  it('cannot be changed', () => {
    const reference = parseReference('alpine:3')
    expect(() => Object.assign(reference, { tag: '4' })).toThrow(TypeError)
    expect(reference.tag).toBe('3')
  })

  it('names another tag or digest of the same repository', () => {
    const reference = parseReference(`localhost:5000/app:3@${digest}`)
    expect(reference.name).toBe('localhost:5000/app')
    expect(reference.withTag('4').toString()).toBe('localhost:5000/app:4')
    expect(parseReference('app:3').withDigest(digest).toString()).toBe(`docker.io/library/app@${digest}`)
    expect(failure(() => reference.withTag('../x')).code).toBe('REFERENCE_INVALID')
  })

  it('is its normalised name in JSON', () => {
    expect(JSON.stringify({ reference: parseReference('alpine') })).toBe(
      '{"reference":"docker.io/library/alpine"}',
    )
  })
})
