import { describe, expect, it } from 'vitest'
import { digestOf, isDigest } from '../../../lib/image/index.js'
import { defaultLimits } from '../../../lib/limits.js'
import type { Resolved } from '../../../lib/stages/elements.js'
import { signedImage } from '../../../lib/stages/signed-image.js'

const named = (text: string) => ({ descriptor: { digest: digestOf(Buffer.from(text)) } })
const source = { host: 'h' }
const resolved = (request: object, parentIndexes: readonly object[] = []): Resolved =>
  ({ request: { source, ...request }, document: named('manifest'), parentIndexes }) as never

describe('an image as the check of its signatures sees it', () => {
  it('has the digests of all indexes that lead to it, outermost first, and its own last', () => {
    const image = { name: 'docker.io/library/app:1', typed: 'app:1' }
    const { digests } = signedImage(resolved(image, [named('outer'), named('inner')]))
    expect(digests).toEqual(
      [named('outer'), named('inner'), named('manifest')].map((each) => each.descriptor.digest),
    )
    expect(digests.every(isDigest)).toBe(true)
  })

  it('has the source and the limits of its pull', () => {
    const image = { name: 'docker.io/library/app:1', typed: 'app:1' }
    const limits = { ...defaultLimits, manifestBytes: 7 }
    expect(signedImage(resolved({ ...image, limits }))).toMatchObject({ name: image.name, source, limits })
    expect(signedImage(resolved(image))).not.toHaveProperty('limits')
  })

  it.each([
    [
      'that a registry has is identified by its full name',
      'docker.io/library/app:1',
      'app:1',
      'docker.io/library/app:1',
    ],
    [
      'in a layout has no reference, though its name looks like one',
      'docker.io/library/app:1',
      'oci:dir:app:1',
      undefined,
    ],
    ['of a store may have a name that is no reference', 'NOT A REFERENCE', 'NOT A REFERENCE', undefined],
  ])('%s', (_, name, typed, reference) => {
    expect(signedImage(resolved({ name, typed })).reference?.toString()).toBe(reference)
  })
})
