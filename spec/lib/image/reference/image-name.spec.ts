import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isLocalImageName,
  localPrefixes,
  parseImageName,
  targetOf,
} from '../../../../lib/image/reference/image-name.js'
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

  it.each([
    ['oci-archive:app.tar', { kind: 'oci-archive', path: 'app.tar' }],
    ['oci-archive:a/app.tar:1.2', { kind: 'oci-archive', path: 'a/app.tar', name: '1.2' }],
    ['oci-archive:app.tar:@3', { kind: 'oci-archive', path: 'app.tar', position: 3 }],
    ['oci-archive:C:\\app.tar:v1', { kind: 'oci-archive', path: 'C:\\app.tar', name: 'v1' }],
    ['docker-archive:app.tar', { kind: 'docker-archive', path: 'app.tar' }],
    ['docker-archive:app.tar:@0', { kind: 'docker-archive', path: 'app.tar', position: 0 }],
    [
      'docker-archive:app.tar:alpine',
      { kind: 'docker-archive', path: 'app.tar', name: 'docker.io/library/alpine:latest' },
    ],
    [
      'docker-archive:app.tar:localhost:5000/app:1',
      { kind: 'docker-archive', path: 'app.tar', name: 'localhost:5000/app:1' },
    ],
    ['dir:a/b', { kind: 'directory', path: 'a/b' }],
    ['dir:a:b', { kind: 'directory', path: 'a:b' }],
    ['rootfs:/srv/root', { kind: 'rootfs', path: '/srv/root' }],
    ['rootfs:a:@1', { kind: 'rootfs', path: 'a:@1' }],
  ])('%s is on this machine', (text, expected) => {
    expect(parseImageName(text)).toEqual(expected)
    expect(isLocalImageName(text)).toBe(true)
  })

  it.each([
    ...['oci:', 'oci::', 'oci::name', 'oci::@0', 'oci:a\0b', 'oci:dir:na\nme'],
    ...['oci-archive:', 'oci-archive::v1', 'docker-archive:', 'docker-archive::app', 'dir:', 'rootfs:'],
    ...['docker-archive:a.tar:UPPER', `docker-archive:a.tar:app@sha256:${'0'.repeat(64)}`, 'dir:a\tb'],
  ])('refuses %j', (text) => {
    expect(failure(() => parseImageName(text)).code).toBe('REFERENCE_INVALID')
  })

  it('shows how names of the kind are written', () => {
    expect(failure(() => parseImageName('docker-archive:')).hint).toBe(
      'An image in an archive of “docker save” is named docker-archive:FILE, docker-archive:FILE:REF, or docker-archive:FILE:@N by its position from 0.',
    )
    expect(failure(() => parseImageName('dir:')).hint).toBe('A directory with an image is named dir:DIR.')
  })

  it.each([
    ['library/oci:latest', 'library/oci'],
    ['library/dir:latest', 'library/dir'],
    ['docker://library/rootfs:latest', 'library/rootfs'],
    ['docker://alpine:latest', 'library/alpine'],
    ['docker:latest', 'library/docker'],
    ['docker-archives:latest', 'library/docker-archives'],
  ])('parses %s as a reference', (text, repository) => {
    const name = parseImageName(text)
    expect(name).toMatchObject({ kind: 'registry', reference: { repository, tag: 'latest' } })
    expect(isLocalImageName(text)).toBe(false)
  })

  it('forgets docker://, and nothing else', () => {
    expect(parseImageName('docker://alpine:3')).toMatchObject({ reference: { typed: 'alpine:3' } })
    expect(failure(() => parseImageName('docker://docker://alpine')).code).toBe('REFERENCE_INVALID')
    expect(failure(() => parseImageName('https://alpine')).code).toBe('REFERENCE_INVALID')
  })

  it('throws only WindlassErrors', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('', 'docker://', ...localPrefixes),
        (text, prefix) => {
          tolerant(() => parseImageName(`${prefix}${text}`))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it.each(['@0', '@7', 'app', ''])('selects an image by %j', (target) => {
    const name = parseImageName(`oci:dir:${target}`)
    expect(name.kind !== 'registry' && targetOf(name)).toBe(target)
  })

  it('finds the path and what selects the image in every name that they make', () => {
    const path = fc.stringMatching(/^[A-Za-z0-9_./-]{2,30}$/)
    const selector = fc.oneof(
      fc.constant(''),
      fc.nat(1_000).map((at) => `@${at}`),
      fc.stringMatching(/^[a-z0-9]{1,10}(?:[._-][a-z0-9]{1,5})?$/),
    )
    fc.assert(
      fc.property(fc.constantFrom('oci:', 'oci-archive:'), path, selector, (prefix, where, target) => {
        const named = parseImageName(`${prefix}${where}${target && ':'}${target}`)
        if (named.kind === 'registry') throw new Error('expected a name on this machine')
        expect(named.path).toBe(where)
        expect(targetOf(named)).toBe(target)
      }),
    )
  })
})
