import { describe, expect, it } from 'vitest'
import { dockerPath } from '../../../server/docker/paths.js'

describe('a path of the API of Docker', () => {
  it.each([
    ['/_ping', { path: '/_ping', version: 51, text: '1.51' }],
    ['/v1.24/images/json', { path: '/images/json', version: 24, text: '1.24' }],
    ['/v1.51/images/a/b:c/json', { path: '/images/a/b:c/json', version: 51, text: '1.51' }],
    ['/images/a%2Fb/json', { path: '/images/a%2Fb/json', version: 51, text: '1.51' }],
    ['/v2.0/info', { path: '/info', version: Infinity, text: '2.0' }],
    ['/v0.9/info', { path: '/info', version: -1, text: '0.9' }],
  ])('is read with its version: %s', (pathname, expected) => {
    expect(dockerPath(pathname)).toEqual(expected)
  })

  it.each([
    ...[
      '_ping',
      'auth',
      'build',
      'commit',
      'configs',
      'containers',
      'distribution',
      'events',
      'exec',
      'grpc',
    ],
    ...[
      'images',
      'info',
      'networks',
      'nodes',
      'plugins',
      'secrets',
      'services',
      'session',
      'swarm',
      'system',
    ],
    ...['tasks', 'version', 'volumes'],
  ])('may have no version: %s', (room) => {
    expect(dockerPath(`/${room}`)).toEqual({ path: `/${room}`, version: 51, text: '1.51' })
    expect(dockerPath(`/${room}s/x`)?.path).not.toBe(`/${room}/x`)
  })

  it.each(['/', '/api/v1/images', '/v2/', '/v2/team/app/manifests/1', '/index.html', '/imagesque'])(
    'is not taken from the other parts of the server: %s',
    (pathname) => expect(dockerPath(pathname)).toBeUndefined(),
  )
})
