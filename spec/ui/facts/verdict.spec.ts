/** The sentence about the line. */
import { expect, it } from 'vitest'
import { CalmVerdict, type VerdictFacts, verdictOf } from '../../../ui/facts/verdict.js'

const facts: VerdictFacts = {
  ...{
    pulls: 2,
    running: 2,
    paused: 0,
    resolving: 0,
    holder: 'network',
    host: 'ghcr.io',
    waiting: 29,
    downloaded: 0,
  },
  ...{ downloads: 3, unpacks: 1, retries: 0, network: 6_900_000, processors: 4 },
  limits: { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: null, isAuto: false },
}

it('says that unpacking holds, with the numbers and one remedy', () => {
  const verdict = verdictOf({ ...facts, holder: 'unpacking', downloaded: 8, unpacks: 2 })
  expect(verdict).toEqual({
    kind: 'unpacking',
    title: 'Unpacking holds the line.',
    reason: '8 layers are downloaded and wait for 2 unpack slots. The network is not the limit.',
    stage: 'unpacking',
    suggestion: { label: 'Try 3 unpacks', change: { maxUnpacks: 3 } },
  })
})

it('suggests no more unpacks than there are processors', () => {
  expect(
    verdictOf({ ...facts, holder: 'unpacking', downloaded: 8, processors: 2 }).suggestion,
  ).toBeUndefined()
})

it('says that the network holds, and suggests more downloads unless the server finds them itself', () => {
  const verdict = verdictOf(facts)
  expect(verdict.reason).toBe(
    'All 3 download slots are busy, at 6.9 MB/s together; unpacking keeps up with them.',
  )
  expect(verdict.suggestion?.label).toBe('Try 5 downloads')
  expect(verdictOf({ ...facts, limits: { ...facts.limits, isAuto: true } }).suggestion).toBeUndefined()
  expect(verdictOf({ ...facts, waiting: 0, downloads: 1 }).reason).toContain(
    'The last layer comes at 6.9 MB/s',
  )
})

it('names the limit of the user and the registry that asks to wait', () => {
  const limits = { ...facts.limits, bytesPerSecond: 5_000_000 }
  expect(verdictOf({ ...facts, holder: 'limit', limits }).suggestion?.change).toEqual({
    bytesPerSecond: null,
  })
  expect(verdictOf({ ...facts, holder: 'registry', retries: 2 }).title).toBe('ghcr.io asks us to wait.')
})

it('says what is when nothing runs', () => {
  const titles = [
    { pulls: 0, running: 0 },
    { running: 0, paused: 1 },
    { running: 0 },
    { holder: null, downloads: 0, resolving: 1 },
  ].map((change) => verdictOf({ ...facts, ...change }).title)
  expect(titles).toEqual(['Nothing to pull.', 'Paused.', 'All done.', 'Asking ghcr.io.'])
})

it('keeps a holder for three seconds while its numbers move, and shows an end at once', () => {
  const calm = new CalmVerdict()
  const network = verdictOf(facts)
  const unpacking = verdictOf({ ...facts, holder: 'unpacking', downloaded: 8 })
  expect(calm.next(network, 0).kind).toBe('network')
  expect(calm.next(unpacking, 2_900).kind).toBe('network')
  expect(calm.next(unpacking, 3_000).kind).toBe('unpacking')
  expect(calm.next(verdictOf({ ...facts, holder: 'unpacking', downloaded: 9 }), 3_100).reason).toMatch(
    /^9 layers/,
  )
  expect(calm.next(verdictOf({ ...facts, running: 0 }), 3_200).kind).toBe('done')
})
