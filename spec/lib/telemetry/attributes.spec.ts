import { describe, expect, it } from 'vitest'
import type { RequestEvent } from '../../../lib/events/index.js'
import { imageAttributes, requestAttributes } from '../../../lib/telemetry/attributes.js'

describe('the attributes of an image', () => {
  it.each([
    ['docker.io/library/app:1.2', 'docker.io/library/app', ['1.2'], undefined],
    ['localhost:5000/app', 'localhost:5000/app', undefined, undefined],
    ['localhost:5000/app:1', 'localhost:5000/app', ['1'], undefined],
    ['docker.io/library/app@sha256:ab', 'docker.io/library/app', undefined, 'sha256:ab'],
    ['docker.io/library/app:1@sha256:ab', 'docker.io/library/app', ['1'], 'sha256:ab'],
  ])('are its name, its tag and its digest: %s', (reference, name, tags, digest) => {
    expect(imageAttributes(reference)).toEqual({
      'container.image.name': name,
      ...(tags && { 'container.image.tags': tags }),
      ...(digest && { 'oci.manifest.digest': digest }),
    })
  })
})

describe('the attributes of a request', () => {
  const of = (more: object) =>
    requestAttributes({ method: 'GET', url: 'https://h/v2/', ...more } as unknown as RequestEvent)

  it.each([
    ['https://registry.example/v2/', 'registry.example', 443],
    ['http://registry.example/v2/', 'registry.example', 80],
    ['https://registry.example:5000/v2/', 'registry.example', 5000],
    ['http://[::1]:5000/v2/', '::1', 5000],
  ])('are the host and the port: %s', (url, address, port) => {
    expect(of({ url })).toEqual({
      ...{ 'http.request.method': 'GET', 'server.address': address, 'server.port': port },
    })
  })

  it.each([
    [{ status: 200 }, undefined],
    [{ status: 399 }, undefined],
    [{ status: 400 }, '400'],
    [{ status: 200, error: 'NETWORK' }, 'NETWORK'],
    [{ status: 503, error: 'REGISTRY_UNAVAILABLE' }, 'REGISTRY_UNAVAILABLE'],
    [{ error: 'TIMEOUT' }, 'TIMEOUT'],
  ])('name the failure, if there was one: %j', (more, type) => {
    expect(of(more)['error.type']).toBe(type)
    expect(of(more)['http.response.status_code']).toBe('status' in more ? more.status : undefined)
  })
})
