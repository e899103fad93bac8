import { describe, expect, it } from 'vitest'
import { IndexDocument } from '../../../../lib/store/names/index-document.js'
import { descriptorOf } from '../../../support/store/images-in-a-store.js'

describe('an index', () => {
  const parse = (...manifests: unknown[]): IndexDocument =>
    IndexDocument.parse(JSON.stringify({ schemaVersion: 2, manifests }), '/store/index.json')
  const named = { ...descriptorOf('{}'), annotations: { 'org.opencontainers.image.ref.name': 'x' } }

  it('of another tool has no corrupt entries, with and without names', () => {
    for (const entries of [[named], [named, 7], [descriptorOf('{}')]])
      expect(parse(...entries).corruptEntries).toEqual([])
    expect(parse(named).isCorrupt('x')).toBe(false)
  })

  it('knows which names it has', () => {
    expect([parse(named).has('x'), parse(named).has('y'), parse().has('x')]).toEqual([true, false, false])
  })
})
