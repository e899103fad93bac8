import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseImageName } from '../../../../lib/image/reference/image-name.js'
import { failure, tolerant } from '../../../support/image/failure.js'

describe('parseImageName', () => {
  it.each([
    ['oci:dir', { path: 'dir' }],
    ['oci:./a/b', { path: './a/b' }],
    ['oci:/srv/images:app', { path: '/srv/images', name: 'app' }],
    ['oci:dir:docker.io/library/alpine:3.20', { path: 'dir', name: 'docker.io/library/alpine:3.20' }],
    ['oci:C:\\images:app', { path: 'C:\\images', name: 'app' }],
    ['oci:dir:', { path: 'dir' }],
    ['oci:C:\\images:', { path: 'C:\\images' }],
    ['oci:dir:@0', { path: 'dir', position: 0 }],
    ['oci:dir:@17', { path: 'dir', position: 17 }],
    ['oci:dir:@-1', { path: 'dir', name: '@-1' }],
    ['oci:dir:@', { path: 'dir', name: '@' }],
    ['oci:dir:@0:1', { path: 'dir', name: '@0:1' }],
    ['oci:dir:@99999999999999999999', { path: 'dir', name: '@99999999999999999999' }],
  ])('%s is in a layout', (text, expected) => {
    expect(parseImageName(text)).toEqual({ kind: 'layout', ...expected })
  })

  it.each(['oci:', 'oci::', 'oci::name', 'oci::@0', 'oci:a\0b', 'oci:dir:na\nme'])('refuses %j', (text) => {
    expect(failure(() => parseImageName(text)).code).toBe('REFERENCE_INVALID')
  })

  it('parses anything else as a reference', () => {
    const name = parseImageName('library/oci:latest')
    expect(name).toMatchObject({ kind: 'registry', reference: { repository: 'library/oci', tag: 'latest' } })
  })

  it('throws only WindlassErrors', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        tolerant(() => parseImageName(text))
        tolerant(() => parseImageName(`oci:${text}`))
      }),
      { numRuns: 300 },
    )
  })
})
