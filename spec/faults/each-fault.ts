/** One test for each catalogued fault of some moments; several run at once, as most of them wait. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CataloguedMoment, faultCatalogue } from '../../lib/testing/registry/index.js'
import { prepareStore, removeStores, runFault } from './run-fault.js'

/** No fault may hold a client up for longer, with 3 attempts and a limit of 400 ms for silence. */
const longest = 45_000

export function testFaults(...moments: readonly CataloguedMoment[]): void {
  let store = ''
  beforeAll(async () => {
    store = await prepareStore()
  })
  afterAll(removeStores)

  describe.each(moments)('faults of %s', (moment) => {
    const faults = faultCatalogue.filter((fault) => fault.moment === moment)
    it.concurrent.each(faults)('$id: $behaviour → $outcome', async (fault) => {
      const { wrong, milliseconds } = await runFault(fault, store)
      expect(wrong).toEqual([])
      expect(milliseconds).toBeLessThan(longest)
    })
  })
}
