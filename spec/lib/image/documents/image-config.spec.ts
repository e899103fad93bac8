import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../../lib/image/digest/digest.js'
import { checkConfigAgainstLayers, platformOfConfig } from '../../../../lib/image/documents/image-config.js'
import { parseImageConfig } from '../../../../lib/image/documents/parse-config.js'
import { bytesOf } from '../../../../testbench/documents/documents.js'
import { failure } from '../../../support/image/failure.js'

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
  const omit = (value: object, ...keys: string[]): object =>
    Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))
  const read = { ...config, config: omit(config.config, 'Cmd') }

  it('keeps every field; what Go writes as null is absent', () => {
    expect(parse()).toEqual(read)
    expect(parse({ config: null, history: null, author: null })).toEqual(omit(config, 'config', 'history'))
  })

  it('refuses empty data (S2-37)', () => {
    expect(failure(() => parseImageConfig(Buffer.alloc(0))).message).toContain('is empty')
  })

  it('checks the bytes before it reads them (S2-32)', () => {
    const digest = digestOf(bytesOf(config))
    const about = { reference: 'alpine', host: 'h', digest }
    expect(parseImageConfig(bytesOf(config), about)).toEqual(read)
    const error = failure(() => parseImageConfig(Buffer.from('no json'), about))
    expect(error.code).toBe('DIGEST_MISMATCH')
    expect(error.message).toContain(`image config verification failed for digest ${digest}`)
    expect(error.subject).toEqual(about)
    expect(failure(() => parseImageConfig(bytesOf(config), { size: 1 })).code).toBe('SIZE_MISMATCH')
    expect(failure(() => parseImageConfig(Buffer.alloc(4 * 1024 * 1024 + 1))).code).toBe('LIMIT_EXCEEDED')
  })

  it.each([
    [{ rootfs: 3 }, 'rootfs: expected a rootfs, got 3'],
    [{ rootfs: { type: 'other', diff_ids: [] } }, 'rootfs.type: expected "layers", got "other"'],
    [{ rootfs: { type: 'layers', diff_ids: ['x'] } }, 'rootfs.diff_ids[0]: expected a digest'],
    [{ Rootfs: {} }, 'the key "Rootfs" differs only in case from a known key'],
    [{ rootfs: { ...config.rootfs, Diff_ids: [] } }, '"Diff_ids"'],
  ])('refuses %j (S2-33)', (change, problem) => {
    const error = failure(() => parse(change))
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(problem)
  })

  const parsed = (change: object, about: Parameters<typeof parseImageConfig>[1] = {}) => {
    const notices: string[] = []
    const value = parseImageConfig(bytesOf({ ...config, ...change }), {
      ...about,
      notice: (text) => notices.push(text),
    })
    return { value, notices }
  }

  it.each([
    [
      { config: { Env: [1], User: 'a' } },
      { config: { User: 'a' } },
      'config.Env[0]: expected string, got 1; Env is ignored',
    ],
    [
      { config: { Labels: { 'a b': 1, c: 'd' } } },
      { config: { Labels: { c: 'd' } } },
      'config.Labels["a b"]: expected string; the value is ignored',
    ],
    [
      { config: { Labels: [], User: 'a' } },
      { config: { User: 'a' } },
      'config.Labels: expected an object of strings, got an array; Labels is ignored',
    ],
    [
      { config: { ExposedPorts: ['80/tcp'] } },
      { config: {} },
      'config.ExposedPorts: expected an object, got an array; ExposedPorts is ignored',
    ],
    [
      { config: { Cmd: 'run' } },
      { config: { Cmd: ['run'] } },
      'config.Cmd: it is a string and is read as a list of one item',
    ],
    [
      { history: [{ empty_layer: 'yes' }, null] },
      { history: [{}, {}] },
      'history[0].empty_layer: expected boolean, got "yes"; empty_layer is ignored',
    ],
    [
      { rootfs: { diff_ids: diffIDs } },
      { rootfs: { type: 'layers', diff_ids: diffIDs } },
      'rootfs.type: it is missing; "layers" is assumed',
    ],
    [{ os: 3 }, { os: '' }, 'os: expected string; the value is ignored'],
  ])('takes %j as %j, with a notice', (change, taken, notice) => {
    const { value, notices } = parsed(change)
    expect(value).toMatchObject(taken)
    expect(notices).toEqual([notice])
  })

  it.each([
    [
      { os: undefined, architecture: '' },
      { os: 'linux', architecture: 'arm64', variant: 'v7' },
    ],
    [
      { architecture: null, variant: undefined },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ],
    [
      { os: 5, architecture: 's390x' },
      { os: 'linux', architecture: 's390x', variant: 'v7' },
    ],
  ])('takes %j for what the image was asked for: %j', (change, taken) => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' }
    const { value, notices } = parsed(change, { platform })
    expect(value).toMatchObject(taken)
    expect(notices.at(-1)).toMatch(/^it states no .*; linux\/.* is assumed$/)
  })

  it('accepts a config without a rootfs only if the manifest has no layers (S2-34, S4-20)', () => {
    for (const rootfs of [undefined, null, { type: 'layers', diff_ids: null }, { diff_ids: [] }]) {
      const { value } = parsed({ os: 'windows', rootfs })
      expect(value.rootfs).toEqual({ type: 'layers', diff_ids: [] })
      expect(() => checkConfigAgainstLayers(value, [])).not.toThrow()
      expect(failure(() => checkConfigAgainstLayers(value, [1])).code).toBe(
        rootfs === undefined || rootfs === null ? 'UNSUPPORTED' : 'ROOTFS_MISMATCH',
      )
    }
    expect(parse({ os: 'windows' }).rootfs.diff_ids).toEqual(diffIDs)
  })

  it('returns its platform', () => {
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

  it('accepts any history, with a notice if it has more layers than diffIDs (C7, S2-36)', () => {
    const noticed = (history: unknown): string[] => {
      const notices: string[] = []
      checkConfigAgainstLayers(parse({ history }), { length: 3 }, {}, (text) => notices.push(text))
      return notices
    }
    for (const history of [config.history, [{}], undefined, []]) expect(noticed(history)).toEqual([])
    expect(noticed([{}, {}, {}, {}])).toEqual([
      'history: it describes 4 layers, but the rootfs has 3 diffIDs',
    ])
    const stated = [{ empty_layer: false }, { empty_layer: false }, { empty_layer: true }, {}, {}]
    expect(noticed(stated)).toEqual(['history: it describes 4 layers, but the rootfs has 3 diffIDs'])
  })

  it('rejects a number of diffIDs that differs from the number of layers (C7, S2-35)', () => {
    for (const layers of [0, 2, 4]) {
      const error = failure(() => check({}, layers))
      expect(error.code).toBe('ROOTFS_MISMATCH')
      expect(error.message).toContain(`has 3 diffIDs, but the manifest has ${layers} layers`)
    }
  })
})
