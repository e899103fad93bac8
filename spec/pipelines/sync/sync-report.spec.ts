import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../lib/errors.js'
import { outcomeOf, syncReportOf } from '../../../pipelines/sync/sync-report.js'
import type { SyncItem } from '../../../pipelines/sync/sync-plan.js'

const item = (action: SyncItem['action']): SyncItem => ({
  ...{ action, line: 1, from: 'a', to: 'b', allPlatforms: true, referrers: false },
})

describe('the report of a sync', () => {
  it('counts its outcomes and adds up their bytes', () => {
    const outcomes = [
      outcomeOf(item('copy'), 'copied', { bytes: { total: 10, copied: 7 }, duration: 5 }),
      outcomeOf(item('copy'), 'copied', { bytes: { total: 3, copied: 0 }, duration: 5 }),
      outcomeOf(item('equal'), 'equal'),
    ]
    expect(syncReportOf(outcomes, 8)).toEqual({
      ...{ outcomes, bytes: { total: 13, copied: 7 }, duration: 8 },
      counts: { copied: 2, replaced: 0, completed: 0, equal: 1, deleted: 0, kept: 0, failed: 0 },
    })
  })

  it('has an outcome without bytes, time and error where nothing was done', () => {
    expect(outcomeOf(item('equal'), 'equal')).toEqual({
      ...item('equal'),
      ...{ result: 'equal', duration: 0, bytes: { total: 0, copied: 0 } },
    })
    const error = new WindlassError('NETWORK', 'The connection broke').toJSON()
    expect(outcomeOf(item('copy'), 'failed', { error })).toMatchObject({ result: 'failed', error })
  })
})
