import { describe, expect, it } from 'vitest'
import { defaultSocket, isLoopback, parseAddress } from '../../../server/listen/address.js'
import { inheritedSocket } from '../../../server/listen/inherited-socket.js'

describe('an address to listen on', () => {
  it.each([
    ['unix:/run/w.sock', '/run/w.sock'],
    ['unix:///run/w.sock', '/run/w.sock'],
    ['unix:w.sock', `${process.cwd()}/w.sock`],
    ['/run/w.sock', '/run/w.sock'],
  ])('is a unix socket: %s', (text, path) => {
    expect(parseAddress(text)).toEqual({ kind: 'unix', path })
  })

  it.each([
    ['127.0.0.1:5180', '127.0.0.1', 5180],
    [':5180', '127.0.0.1', 5180],
    ['host.example:0', 'host.example', 0],
    ['[::1]:65535', '::1', 65_535],
    ['http://localhost:80/', 'localhost', 80],
    ['tcp://0.0.0.0:80', '0.0.0.0', 80],
  ])('is TCP: %s', (text, host, port) => {
    expect(parseAddress(text)).toEqual({ kind: 'tcp', host, port })
  })

  it.each([
    '',
    '5180',
    'localhost',
    'localhost:',
    'a:65536',
    'a:123456',
    '[::g]:1',
    '::1:80',
    'ftp://a:1',
    'a b:1',
  ])('is not %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('is by default a socket of the user', () => {
    expect(defaultSocket({ XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toBe('/run/user/7/windlass.sock')
    for (const env of [{}, { XDG_RUNTIME_DIR: '' }, { XDG_RUNTIME_DIR: 'relative' }]) {
      expect(defaultSocket(env, 0)).toBe('/run/windlass.sock')
      expect(defaultSocket(env, 7)).toBe('/tmp/windlass-7/windlass.sock')
    }
  })

  it.each<[string, boolean]>([
    ['localhost', true],
    ['::1', true],
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['127.0.0.1.evil.example', false],
    ['1127.0.0.1', false],
    ['0.0.0.0', false],
    ['localhost.example', false],
  ])('is reached by this machine alone: %s, %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

describe('a socket that systemd passes', () => {
  it.each<[NodeJS.ProcessEnv, number | undefined]>([
    [{ LISTEN_PID: '7', LISTEN_FDS: '1' }, 3],
    [{ LISTEN_PID: '7', LISTEN_FDS: '2' }, 3],
    [{ LISTEN_PID: '7', LISTEN_FDS: '0' }, undefined],
    [{ LISTEN_PID: '7' }, undefined],
    [{ LISTEN_PID: '8', LISTEN_FDS: '1' }, undefined],
    [{ LISTEN_FDS: '1' }, undefined],
  ])('is that of %j: %s', (env, descriptor) => {
    expect(inheritedSocket(env, 7)).toBe(descriptor)
  })
})
