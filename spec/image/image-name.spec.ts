import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseImageName } from '../../lib/image/image-name.js'
import { failure, tolerant } from './failure.js'

describe('parseImageName', () => {
  it.each([
    ['oci:dir', { path: 'dir' }],
    ['oci:./a/b', { path: './a/b' }],
    ['oci:/srv/images:app', { path: '/srv/images', name: 'app' }],
    ['oci:dir:docker.io/library/alpine:3.20', { path: 'dir', name: 'docker.io/library/alpine:3.20' }],
    ['oci:dir:', { path: 'dir' }],
    ['oci:dir:@0', { path: 'dir', name: '@0' }],
    ['oci:C:\\images:', { path: 'C:\\images' }],
    ['oci:C:\\images:app', { path: 'C:\\images', name: 'app' }],
  ])('%s is in a layout', (text, expected) => {
    expect(parseImageName(text)).toEqual({ kind: 'layout', ...expected })
  })

  it.each(['oci:', 'oci::name', 'oci::', 'oci:a\0b', 'oci:dir:na\nme'])('refuses %j', (text) => {
    expect(failure(() => parseImageName(text)).code).toBe('REFERENCE_INVALID')
  })

  it('takes anything else for a reference', () => {
    const name = parseImageName('library/oci:latest')
    expect(name).toMatchObject({ kind: 'registry', reference: { repository: 'library/oci', tag: 'latest' } })
  })

  it('fails with nothing but its own error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        tolerant(() => parseImageName(text))
        tolerant(() => parseImageName(`oci:${text}`))
      }),
      { numRuns: 300 },
    )
  })
})
