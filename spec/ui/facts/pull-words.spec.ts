/** The words and numbers about one pull. */
import { expect, it } from 'vitest'
import {
  bytesText,
  causeOf,
  committedCount,
  digestOf,
  fetchedOf,
  isEnded,
  nameOf,
  percentText,
  stateWord,
  timeText,
} from '../../../ui/facts/pull-words.js'
import { layerOf, pullOf, totals } from '../pull-state.js'

type Record = NonNullable<NonNullable<Parameters<typeof pullOf>[1]>['record']>
const of = (record: Record, snapshot: object = {}, left: number | null = null) =>
  pullOf('app', { record, snapshot, left })

it('names the image as it was resolved, or as it was typed', () => {
  expect(nameOf(of({ order: { image: 'app' } }))).toBe('app')
  expect(nameOf(of({ order: { image: 'app' } }, { reference: 'docker.io/library/app:latest' }))).toBe(
    'docker.io/library/app:latest',
  )
})

it('has a word for each state, and says what is trouble', () => {
  const word = (...pull: Parameters<typeof of>): unknown[] => Object.values(stateWord(of(...pull)))
  expect(word({})).toEqual(['asks ghcr.io', false])
  expect(word({}, { totals })).toEqual(['running', false])
  expect(word({ priority: 1 }, { totals })).toEqual(['high, running', false])
  expect(word({ priority: -1 })).toEqual(['low, asks ghcr.io', false])
  expect(word({ priority: 1 }, { layers: [layerOf('a', { status: 'retrying' })] })).toEqual([
    'high, retrying',
    true,
  ])
  expect(word({ state: 'failed' })).toEqual(['failed', true])
  expect(word({ state: 'done' })).toEqual(['done', false])
  expect(word({ state: 'done' }, { result: { status: 'up-to-date' } })).toEqual(['up to date', false])
  for (const state of ['paused', 'cancelled', 'interrupted'] as const)
    expect(word({ state })).toEqual([state, false])
})

it('counts bytes that were fetched: not what the store had, and nothing below zero', () => {
  expect(fetchedOf(of({}))).toBeUndefined()
  expect(fetchedOf(of({}, { totals }))).toEqual({ fetched: 400, total: 800 })
  expect(fetchedOf(of({}, { totals: { ...totals, fetched: 100 } }))).toEqual({ fetched: 0, total: 800 })
})

it('shows no per cent before the plan, 100 only at the end', () => {
  const progress = { fraction: 0.999, secondsLeft: null, fetched: null, total: null, unpacked: null }
  expect(percentText(of({ progress }))).toBe('–')
  expect(percentText(of({ progress }, { totals }))).toBe('99 %')
  expect(percentText(of({ progress, state: 'done' }))).toBe('100 %')
  expect(percentText(of({ progress, state: 'failed' }, { totals }))).toBe('99 %')
})

it('says what was fetched, or what happened instead', () => {
  const none = { ...totals, fetched: 200 }
  expect(bytesText(of({}))).toBe('')
  expect(bytesText(of({}, { totals }))).toBe('400 B of 800 B')
  expect(bytesText(of({}, { totals: { ...totals, toDownload: 0, fetched: 1_000 } }))).toBe(
    'all layers were here',
  )
  expect(bytesText(of({ state: 'cancelled' }))).toBe('nothing fetched')
  expect(bytesText(of({ state: 'cancelled' }, { totals }))).toBe('400 B kept')
  expect(bytesText(of({ state: 'interrupted' }, { totals }))).toBe('by a restart of serve')
  const error = { code: 'TOO_MANY_REQUESTS', message: '' }
  expect(bytesText(of({ state: 'failed' }, { totals, error }))).toBe('too many requests, 400 B kept')
  expect(bytesText(of({ state: 'failed' }, { totals: none, error }))).toBe(
    'too many requests, nothing fetched',
  )
  expect([causeOf('DIGEST_MISMATCH'), causeOf(undefined)]).toEqual(['digest mismatch', 'error'])
})

it('says how long a pull takes, or took', () => {
  expect(timeText(of({}, {}, 44))).toBe('44 s left')
  expect(timeText(of({}))).toBe('–')
  expect(timeText(of({ state: 'paused' }, {}, 44))).toBe('')
  expect(timeText(of({ state: 'done', startedAt: 1_000, endedAt: 21_000 }))).toBe('after 20 s')
  expect(timeText(of({ state: 'interrupted', startedAt: 1_000, endedAt: 21_000 }))).toBe('')
})

it('knows the digest of the name, that of the first manifest while the pull runs', () => {
  const manifests = [{ digest: 'index' }, { digest: 'image' }]
  expect(digestOf(of({}, { manifests }))).toBe('index')
  expect(digestOf(of({}, { manifests, result: { digest: 'result' } }))).toBe('result')
  const layers = [layerOf('a', { status: 'complete' }), layerOf('b', { status: 'exists' }), layerOf('c')]
  expect(committedCount(of({}, { layers }))).toBe(2)
  expect((['running', 'paused', 'done'] as const).map((state) => isEnded(of({ state })))).toEqual([
    ...[false, false, true],
  ])
})
