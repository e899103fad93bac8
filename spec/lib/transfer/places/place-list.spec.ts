import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import type { BlobPlace } from '../../../../lib/transfer/places/blob-place.js'
import { PlaceList } from '../../../../lib/transfer/places/place-list.js'

const KiB = 1024
const place = (from: string): BlobPlace => ({ from, fetch: () => Promise.reject(new Error('not asked')) })

describe('the attempts at one layer', () => {
  it('are counted from the one that completed a progress of 64 KiB, alone or with earlier ones', () => {
    const list = new PlaceList([place('registry')])
    list.recordProgress(0, 1)
    list.recordProgress(64 * KiB - 1, 1)
    expect(list.attemptHere(1)).toBe(1)
    expect(list.attemptHere(2)).toBe(2)
    list.recordProgress(64 * KiB, 2)
    expect(list.attemptHere(2)).toBe(1)
    list.recordProgress(100 * KiB, 3)
    expect(list.attemptHere(3)).toBe(2)
    list.recordProgress(128 * KiB, 4)
    expect(list.attemptHere(4)).toBe(1)
  })

  it('are not reset by bytes of an earlier run', () => {
    const list = new PlaceList([place('registry')])
    list.recordProgress(900 * KiB, 1)
    list.recordProgress(900 * KiB, 3)
    expect(list.attemptHere(3)).toBe(3)
  })

  it('are not reset by bytes that were discarded and downloaded again', () => {
    const list = new PlaceList([place('registry')])
    list.recordProgress(0, 1)
    list.recordProgress(100 * KiB, 1)
    for (let attempt = 2; attempt < 5; attempt++) {
      list.recordProgress(0, attempt)
      list.recordProgress(100 * KiB, attempt)
      expect(list.attemptHere(attempt)).toBe(attempt)
    }
  })
})

describe('the ranks of a list', () => {
  const refusal = new WindlassError('DENIED', 'no')

  it('are used one after another, each with its own count of attempts', () => {
    const [registry, url] = [place('registry'), place('url')]
    const list = new PlaceList([registry], [], [url])
    expect([list.places, list.hasNextRank]).toEqual([[registry], true])
    list.nextRank(refusal, 3)
    expect([list.places, list.hasNextRank, list.refusals]).toEqual([[url], false, [refusal]])
    expect(list.attemptHere(3)).toBe(1)
  })

  it('lose a place whose failure is final, and no other', () => {
    const [a, b, c] = [place('a'), place('b'), place('c')]
    const list = new PlaceList([a, b], [c])
    list.drop(a)
    expect([list.places, list.hasNextRank]).toEqual([[b], true])
    list.drop(b)
    expect([list.places, list.hasNextRank]).toEqual([[], true])
  })
})

describe('the mirrors that sent bytes and failed', () => {
  it('are those of the bytes of the present file, and are forgotten once they are asked for', () => {
    const list = new PlaceList([place('registry')])
    const [a, b, c] = [place('a'), place('b'), place('c')]
    expect([list.hasContributions, list.takeContributors(0)]).toEqual([false, []])
    list.recordContribution(a, 0)
    list.recordContribution(b, 1)
    list.recordContribution(c, 1)
    expect(list.hasContributions).toBe(true)
    expect(list.takeContributors(1)).toEqual([b, c])
    expect([list.hasContributions, list.takeContributors(0)]).toEqual([false, []])
  })
})

describe('the first rank of a list', () => {
  const { signal } = new AbortController()

  it('is replaced by places that are loaded once', async () => {
    const [registry, mirror, url] = [place('registry'), place('mirror'), place('url')]
    let loads = 0
    const list = new PlaceList([registry], [url]).withFirstRank((given) => {
      expect(given).toBe(signal)
      loads++
      return Promise.resolve([mirror, registry])
    })
    expect(list.places).toEqual([registry])
    await list.load(signal)
    expect([list.places, list.hasNextRank]).toEqual([[mirror, registry], true])
    list.drop(mirror)
    await list.load(signal)
    expect([list.places, loads]).toEqual([[registry], 1])
  })

  it('is loaded again after a failure', async () => {
    let loads = 0
    const list = new PlaceList([place('registry')]).withFirstRank(() =>
      ++loads === 1 ? Promise.reject(new Error('unreadable')) : Promise.resolve([]),
    )
    await expect(list.load(signal)).rejects.toThrow('unreadable')
    await list.load(signal)
    expect([list.places, loads]).toEqual([[], 2])
  })

  it('stays if nothing is to be loaded', async () => {
    const list = new PlaceList([place('registry')])
    await list.load(signal)
    expect(list.places).toHaveLength(1)
  })
})
