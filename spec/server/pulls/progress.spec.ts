import { describe, expect, it } from 'vitest'
import { type PullSnapshot, emptySnapshot } from '../../../lib/events/index.js'
import { noProgress, progressOf } from '../../../server/pulls/progress.js'
import { simulatePull } from '../../support/simulated-pull.js'

const machine = { link: 1_000_000, latency: 10, disk: 1_000_000 }
const { samples } = simulatePull([1_000_000, 500_000], machine)
const { state, at } = samples[Math.floor(samples.length / 2)]!

describe('the progress of a pull', () => {
  it('is none before the plan, and whole at an end without one', () => {
    expect(progressOf(emptySnapshot, 0)).toEqual(noProgress)
    expect(progressOf({ ...emptySnapshot, phase: 'done' }, 0)).toEqual({ ...noProgress, fraction: 1 })
    expect(progressOf({ ...emptySnapshot, phase: 'failed' }, 0)).toEqual(noProgress)
  })

  it('has the counts of the plan, and the time that is left', () => {
    const { fraction, fetched, total, unpacked } = state.totals!
    const progress = progressOf(state, at)
    expect(progress).toMatchObject({ fraction, fetched, total, unpacked })
    expect(fraction).toBeGreaterThan(0)
    expect(progress.secondsLeft).toBeGreaterThan(0)
  })

  it('has no time that is left while the pull is paused', () => {
    const paused: PullSnapshot = { ...state, paused: true }
    expect(progressOf(paused, at)).toMatchObject({ secondsLeft: null, total: state.totals!.total })
  })
})
