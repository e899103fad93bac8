import { describe, expect, it } from 'vitest'
import { parseLimits } from '../../../cli/setup/limit-flag.js'
import { limitNames } from '../../../lib/limits.js'

describe('--limit name=value', () => {
  it.each([
    ['layerEntries=10', { layerEntries: 10 }],
    ['layerBytes=20G', { layerBytes: 20 * 2 ** 30 }],
    ['layerBytes=1TiB', { layerBytes: 2 ** 40 }],
    ['layerBytes=64K', { layerBytes: 65_536 }],
    ['layerRatio=none', { layerRatio: Infinity }],
    ['pathDepth=0,pathBytes=5M', { pathDepth: 0, pathBytes: 5 * 2 ** 20 }],
  ])('%s', (text, limits) => expect(parseLimits(text)).toEqual(limits))

  it('may be repeated; the last value counts', () => {
    expect(parseLimits('pathDepth=2', parseLimits('layerEntries=1,pathDepth=1'))).toEqual({
      layerEntries: 1,
      pathDepth: 2,
    })
  })

  it.each([
    '',
    'layerBytes',
    'layerBytes=',
    'layerBytes=-1',
    'layerBytes=1.5',
    'layerBytes=x',
    'layerBytes=5=6',
    'layerBytes=5G=junk',
    'layerBytes=9999999T',
  ])('refuses %j with a description of valid values', (text) =>
    expect(() => parseLimits(text)).toThrow(/limits are|must be a whole number/),
  )

  it('refuses an unknown name and lists the valid names', () => {
    expect(() => parseLimits('constructor=1')).toThrow(limitNames.join(', '))
  })
})
