import { expect, it } from 'vitest'
import { compareClocks } from '../../../doctor/checks/clock.js'

it.each([
  [0, 'ok', 'The clock agrees with that of r.example.'],
  [20_000, 'ok', 'The clock agrees with that of r.example.'],
  [60_000, 'note', 'The clock is 60 seconds ahead of that of r.example.'],
  [-90_000, 'note', 'The clock is 90 seconds behind that of r.example.'],
  [3_600_000, 'problem', 'The clock is 60 minutes ahead of that of r.example.'],
])('a difference of %s ms is %s', (difference, state, message) => {
  expect(compareClocks(1e12 + difference, 1e12, 'r.example')).toMatchObject({ state, message })
})
