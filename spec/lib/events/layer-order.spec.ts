import { describe, expect, it } from 'vitest'
import type { LayerEvent } from '../../../lib/events/index.js'
import { nextEvent } from '../../../lib/events/layer-order.js'

const event = (status: LayerEvent['status'], current = 0): LayerEvent => ({
  ...{ type: 'layer', digest: `sha256:${'a'.repeat(64)}`, status, current, total: 100 },
})

describe('the order of the events of a layer', () => {
  it.each(['complete', 'exists', 'copied', 'mounted'] as const)(
    'ends with %s, unless the layer is started over',
    (last) => {
      const before = event(last, 100)
      for (const status of ['downloading', 'extracting', 'retrying', 'complete'] as const)
        expect(nextEvent(before, event(status, 50))).toBeUndefined()
      expect(nextEvent(before, event('restart'))).toMatchObject({ status: 'restart', current: 0 })
    },
  )
})
