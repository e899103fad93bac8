/** Around every spec file: fails the file when it leaves a descriptor open or a timer running. */
import { afterAll, beforeAll } from 'vitest'
import { waitForRelease } from '../../lib/testing/nothing-left.js'
import { type Census, idleCensus } from '../../lib/testing/nothing-left-census.js'

let before: Census = new Map()

beforeAll(async () => {
  before = await idleCensus()
})

afterAll(async () => {
  await waitForRelease(before, { timeout: 20_000 })
})
