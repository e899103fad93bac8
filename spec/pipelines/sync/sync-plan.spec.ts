import { describe, expect, it } from 'vitest'
import { type SyncItem, planOf } from '../../../pipelines/sync/sync-plan.js'

const item = (action: SyncItem['action']): SyncItem => ({
  ...{ action, line: 1, from: 'a', to: 'b', allPlatforms: true, referrers: false },
})

describe('the plan of a sync', () => {
  it('counts its items by action', () => {
    const items = (['copy', 'delete', 'copy', 'failed'] as const).map(item)
    expect(planOf(items)).toEqual({
      ...{ items, warnings: [] },
      counts: { copy: 2, replace: 0, referrers: 0, equal: 0, delete: 1, failed: 1 },
    })
    expect(planOf([], ['a warning']).warnings).toEqual(['a warning'])
  })
})
