/** The texts are those of dockerd 28 for the same numbers. */
import { describe, expect, it } from 'vitest'
import { dockerProgress, dockerSize } from '../../../lib/events/docker-progress.js'

describe('the bar of Docker', () => {
  it.each([
    [49_152, 4_335_400, '[>                                                  ]  49.15kB/4.335MB'],
    [1_378_626, 4_335_400, '[===============>                                   ]  1.379MB/4.335MB'],
    [821_033, 11_107_850, '[===>                                               ]    821kB/11.11MB'],
    [4_335_400, 4_335_400, '[==================================================>]  4.335MB/4.335MB'],
    [2_000, 1_000, '[==================================================>]      2kB'],
    [512, 0, '    512B'],
    [0, 0, ''],
  ])('of %d of %d bytes is %j', (current, total, text) => {
    expect(dockerProgress(current, total)).toBe(text)
  })

  it('has sizes of four digits in units of 1,000', () => {
    expect([0, 999, 1_000, 12_345, 1_234_567, 3_408_729, 26_692_096, 1e12].map(dockerSize)).toEqual([
      ...['0B', '999B', '1kB', '12.35kB', '1.235MB', '3.409MB', '26.69MB', '1TB'],
    ])
  })
})
