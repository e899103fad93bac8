import { describe, expect, it } from 'vitest'
import { descriptorOf } from '../../../support/store/images-in-a-store.js'
import {
  describeEntry,
  entryArgument,
  entryDisplayName,
  keyOf,
} from '../../../../lib/store/names/index-entry.js'

const descriptor = descriptorOf('{}')
const { digest } = descriptor
const key = '@0123456789ab'

describe('an entry of the index', () => {
  it('has a key that depends on all of it', () => {
    expect(keyOf(descriptor)).toMatch(/^@[0-9a-f]{12}$/)
    expect(keyOf({ ...descriptor })).toBe(keyOf(descriptor))
    expect(new Set([descriptor, { ...descriptor, size: 3 }, null, 7].map(keyOf)).size).toBe(4)
  })

  it('without a name has the image of its digest', () => {
    expect(describeEntry(descriptor, undefined, undefined)).toEqual({
      ...{ name: undefined, digest, key: keyOf(descriptor), problem: undefined },
      image: { name: digest, typed: digest, descriptor },
    })
  })

  it.each([
    ['it is not an object', 7],
    ['it has no digest', { ...descriptor, digest: undefined }],
    [
      'its digest has the algorithm "blake3", which is not supported',
      { ...descriptor, digest: `blake3:${'0'.repeat(64)}` },
    ],
    ['it is not a descriptor: ', { ...descriptor, size: 'large' }],
  ])('that cannot be used says why: %s', (problem, entry) => {
    expect(describeEntry(entry, undefined, undefined)).toMatchObject({
      ...{ image: undefined, problem: expect.stringContaining(problem) as string },
    })
  })

  it('that has a name is not known by its digest', () => {
    expect(describeEntry(descriptor, 'a', undefined)).toMatchObject({ name: 'a', image: undefined })
  })

  it('is shown by its name, its digest or its key, safe for a terminal', () => {
    expect(entryDisplayName({ name: 'a', digest, key })).toBe('a')
    expect(entryDisplayName({ name: '', digest, key })).toBe(digest)
    expect(entryDisplayName({ name: undefined, digest: undefined, key })).toBe(key)
    expect(entryDisplayName({ name: '\x1b[2J', digest, key })).not.toContain('\x1b')
  })

  it('is typed as its name, quoted if necessary, or as what can be typed', () => {
    expect(entryArgument({ name: 'app:1', digest, key })).toBe('app:1')
    expect(entryArgument({ name: "it's", digest, key })).not.toBe("it's")
    // An option, control characters and an empty name cannot be typed, and the digest may be that of other entries too.
    for (const name of ['-rf', '\u001b', '']) expect(entryArgument({ name, digest, key })).toBe(key)
    expect(entryArgument({ name: undefined, digest, key })).toBe(digest)
    for (const odd of ['sha256:$(reboot)', 'a b', undefined])
      expect(entryArgument({ name: undefined, digest: odd, key })).toBe(key)
  })
})
