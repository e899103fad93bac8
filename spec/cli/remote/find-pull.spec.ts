/** The pull that a user names by the start of its id. */
import { describe, expect, it } from 'vitest'
import { findPull } from '../../../cli/remote/find-pull.js'
import type { PullRecord } from '../../../lib/api/shapes.js'
import type { WindlassClient } from '../../../lib/api/client.js'
import { listedPull } from '../../support/cli/api-by-hand.js'

const find = (start: string, ...pulls: readonly PullRecord[]): Promise<PullRecord> =>
  findPull({ pulls: () => Promise.resolve(pulls) } as unknown as WindlassClient, start)

describe('the start of an id', () => {
  it('names the only pull whose id starts so, or the pull that has exactly this id', async () => {
    const [short, long] = [listedPull('ab'), listedPull('abc')]
    expect(await find('abc', short, long)).toBe(long)
    expect(await find('ab', long, short)).toBe(short)
    expect(await find('a', long)).toBe(long)
  })

  it('names no pull if none starts so, or if it is empty', async () => {
    for (const start of ['', 'b', 'abcd'])
      await expect(find(start, listedPull('abc'))).rejects.toMatchObject({
        code: 'PULL_UNKNOWN',
        message: `The server has no pull "${start}"`,
      })
  })

  it('must not fit several, which the hint lists without control characters', async () => {
    const pulls = [listedPull('ab1'), listedPull('ab2', { order: { image: 'x\u001b[2J' } }), listedPull('b')]
    await expect(find('ab', ...pulls)).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'Give more of the id: ab1 (example.com/ab1:1), ab2 (x\\u{1b}[2J).',
    })
  })
})
