/** The status of a layer in words. */
import { describe, expect, it } from 'vitest'
import { isActive, isFinished, shortDigest, statusWords } from '../../../cli/render/layer-status.js'
import { layerStatuses } from '../../../lib/events/event.js'
import type { LayerStatus } from '../../../lib/events/index.js'
import { layer, now } from './snapshots.js'

const statuses = Object.keys(layerStatuses) as LayerStatus[]

describe('a layer', () => {
  it('is finished, waits, or is active', () => {
    const finished = statuses.filter((status) => isFinished(layer('a', status)))
    const active = statuses.filter((status) => isActive(layer('a', status)))
    expect(finished.sort()).toEqual(['complete', 'copied', 'exists', 'mounted'])
    expect([...finished, ...active, 'waiting'].sort()).toEqual([...statuses].sort())
  })

  it('that waits for its next attempt says how long, and why if that is known', () => {
    const retrying = (reason: string) =>
      statusWords(layer('a', 'retrying', 0, { retry: { at: now + 5_000, reason, attempt: 2 } }), now)
    expect(retrying('')).toBe('Retrying in 5 seconds')
    expect(retrying('reset\u001b[2J')).toBe('Retrying in 5 seconds (reset\\u{1b}[2J)')
  })

  it('has a short digest of any algorithm, without control characters', () => {
    expect(shortDigest(`sha512:${'a'.repeat(128)}`)).toBe('a'.repeat(12))
    expect(shortDigest('sha256:\u001b[2Jaaaaaaaaaaaaaaa')).toBe('\\u{1b}[2Jaaaaaaaa')
  })
})
