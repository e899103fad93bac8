import { describe, expect, it } from 'vitest'
import { registryTarget } from '../../../server/registry/request-path.js'

describe('a path of the distribution API', () => {
  it('is parsed into a name and a reference', () => {
    expect(registryTarget('/v2/')).toEqual({ kind: 'ping' })
    expect(registryTarget('/v2')).toEqual({ kind: 'ping' })
    expect(registryTarget('/v2/a/b/manifests/1.0')).toEqual({
      kind: 'manifest',
      name: 'a/b',
      reference: '1.0',
    })
    expect(registryTarget('/v2/a/blobs/sha256:00')).toEqual({
      kind: 'blob',
      name: 'a',
      reference: 'sha256:00',
    })
    expect(registryTarget('/v2/a/referrers/sha256:00')).toMatchObject({ kind: 'referrers', name: 'a' })
    expect(registryTarget('/v2/a/tags/list')).toEqual({ kind: 'tags', name: 'a' })
    expect(registryTarget('/v2/a/blobs/uploads/')).toEqual({ kind: 'upload', name: 'a' })
    expect(registryTarget('/v2/a/blobs/uploads/some-id')).toEqual({ kind: 'upload', name: 'a' })
  })

  it('may have names that contain the words of the API', () => {
    expect(registryTarget('/v2/blobs/manifests/blobs/sha256:00')).toEqual({
      ...{ kind: 'blob', name: 'blobs/manifests', reference: 'sha256:00' },
    })
    expect(registryTarget('/v2/a/tags/list/tags/list')).toEqual({ kind: 'tags', name: 'a/tags/list' })
  })

  it('may have an encoded colon', () => {
    expect(registryTarget('/v2/a/blobs/sha256%3A00')).toMatchObject({ reference: 'sha256:00' })
  })

  it('is nothing if it has another form', () => {
    for (const path of ['/v2/a', '/v2/a/manifests/', '/v2/manifests/1', '/v2/a/other/1', '/v2/%ff/tags/list'])
      expect(registryTarget(path)).toBeUndefined()
  })
})
