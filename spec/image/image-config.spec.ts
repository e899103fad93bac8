import { describe, expect, it } from 'vitest'
import { digestOf } from '../../lib/image/digest.js'
import { checkConfigAgainstLayers, platformOfConfig } from '../../lib/image/image-config.js'
import { parseImageConfig } from '../../lib/image/parse-config.js'
import { bytesOf } from './documents.js'
import { failure } from './failure.js'

const diffIDs = ['a', 'b', 'c'].map((text) => digestOf(Buffer.from(text)))
const config = {
  os: 'linux',
  architecture: 'arm',
  variant: 'v7',
  config: { Env: ['A=b'], Cmd: null, Labels: { x: 'y' }, Volumes: { '/v': {} }, Healthcheck: { Test: [] } },
  rootfs: { type: 'layers', diff_ids: diffIDs },
  history: [{ created_by: 'a' }, { empty_layer: true }, { empty_layer: false }, {}],
  docker_version: '1.11',
}
const parse = (change: object = {}): ReturnType<typeof parseImageConfig> =>
  parseImageConfig(bytesOf({ ...config, ...change }))

describe('parseImageConfig', () => {
  it('keeps every field, and what Go writes as null', () => {
    expect(parse()).toEqual(config)
    expect(parse({ config: null, history: null, author: null })).toMatchObject({
      config: null,
      history: null,
    })
  })

  it('S2-37 refuses empty data', () => {
    expect(failure(() => parseImageConfig(Buffer.alloc(0))).message).toContain('is empty')
  })

  it('S2-32 checks the bytes before it reads them', () => {
    const digest = digestOf(bytesOf(config))
    const about = { reference: 'alpine', host: 'h', digest }
    expect(parseImageConfig(bytesOf(config), about)).toEqual(config)
    const error = failure(() => parseImageConfig(Buffer.from('no json'), about))
    expect(error.code).toBe('DIGEST_MISMATCH')
    expect(error.message).toContain(`image config verification failed for digest ${digest}`)
    expect(error.subject).toEqual(about)
    expect(failure(() => parseImageConfig(bytesOf(config), { size: 1 })).code).toBe('SIZE_MISMATCH')
    expect(failure(() => parseImageConfig(Buffer.alloc(4 * 1024 * 1024 + 1))).code).toBe('LIMIT_EXCEEDED')
  })

  it.each([
    [{ os: 3 }, 'os: expected string, got 3'],
    [{ architecture: undefined }, 'architecture: expected string, got nothing'],
    [{ rootfs: undefined }, 'rootfs: expected a rootfs, got nothing'],
    [{ rootfs: { type: 'other', diff_ids: [] } }, 'rootfs.type: expected "layers", got "other"'],
    [{ rootfs: { type: 'layers', diff_ids: ['x'] } }, 'rootfs.diff_ids[0]: expected a digest'],
    [{ config: { Env: [1] } }, 'config.Env[0]: expected string, got 1'],
    [{ config: { Labels: { 'a b': 1 } } }, 'config.Labels["a b"]: expected string, got 1'],
    [{ history: [{ empty_layer: 'yes' }] }, 'history[0].empty_layer: expected boolean or null, got "yes"'],
    [{ Rootfs: {} }, 'the key "Rootfs" is a known one in other case'],
    [{ rootfs: { ...config.rootfs, Diff_ids: [] } }, '"Diff_ids"'],
  ])('S2-33 refuses %j', (change, problem) => {
    const error = failure(() => parse(change))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(problem)
  })

  it('S2-34 S4-20 refuses a Windows config without a rootfs section', () => {
    const error = failure(() => parse({ os: 'windows', rootfs: undefined }))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain('rootfs: expected a rootfs, got nothing')
    expect(parse({ os: 'windows' }).rootfs.diff_ids).toEqual(diffIDs)
  })

  it('says its platform', () => {
    expect(platformOfConfig(parse())).toEqual({ os: 'linux', architecture: 'arm', variant: 'v7' })
    const windows = { os: 'windows', 'os.version': '10.0.1', 'os.features': ['f'], variant: '' }
    expect(platformOfConfig(parse(windows))).toEqual({
      os: 'windows',
      architecture: 'arm',
      'os.version': '10.0.1',
      'os.features': ['f'],
    })
  })
})

describe('checkConfigAgainstLayers', () => {
  const check = (change: object, layers = 3): void =>
    checkConfigAgainstLayers(parse(change), { length: layers }, { reference: 'app' })

  it('C7 S2-36 refuses more non-empty history than diffIDs, and takes less', () => {
    expect(() => check({})).not.toThrow()
    expect(() => check({ history: [{}] })).not.toThrow()
    expect(() => check({ history: undefined })).not.toThrow()
    const error = failure(() => check({ history: [{}, {}, {}, {}] }))
    expect(error.code).toBe('ROOTFS_MISMATCH')
    expect(error.message).toContain('too many non-empty layers in History section')
    expect(error.subject.reference).toBe('app')
  })

  it('C7 S2-35 refuses another number of diffIDs than of layers', () => {
    for (const layers of [0, 2, 4]) {
      const error = failure(() => check({}, layers))
      expect(error.code).toBe('ROOTFS_MISMATCH')
      expect(error.message).toContain(`3 diffIDs for the ${layers} layers`)
    }
  })
})
