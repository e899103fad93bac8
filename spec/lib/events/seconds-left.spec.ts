/** The estimated time left, for several links and disks, in virtual time. */
import { describe, expect, it } from 'vitest'
import { type PullSnapshot, emptySnapshot, secondsLeft } from '../../../lib/events/index.js'
import { simulatePull } from '../../support/simulated-pull.js'

const megabyte = 1e6
const images = {
  'twelve layers': [28, 3, 0.4, 12, 25, 0.01, 7, 1, 30, 0.2, 5, 16],
  'one layer': [120],
  'forty small layers': Array.from({ length: 40 }, (_, at) => 0.5 + (at % 7)),
  'a large layer at the end': [1, 2, 4, 8, 60],
}

const links = [
  { link: 2 * megabyte, latency: 120 },
  { link: 12.5 * megabyte, latency: 40 },
  { link: 25 * megabyte, latency: 250 },
  { link: 125 * megabyte, latency: 1 },
]
const disks = [3, 20, 200].map((rate) => rate * megabyte)
const machines = links.flatMap((link) => disks.map((disk) => ({ ...link, disk })))

/** Additional error allowed, in seconds: progress is reported ten times a second. */
const tolerance = 0.25

/** Returns the largest error of the estimate after the first third of the pull, relative to the actual time left. */
function worstError(sizes: readonly number[], machine: (typeof machines)[number]) {
  const { samples, duration } = simulatePull(sizes, machine)
  return samples
    .filter(({ at }) => at >= duration / 3 && at < duration)
    .map(({ at, state }) => {
      const left = (duration - at) / 1_000
      const estimate = secondsLeft(state, at)!
      return { at, left, estimate, error: Math.max(0, Math.abs(estimate - left) - tolerance) / left }
    })
    .reduce((one, other) => (other.error > one.error ? other : one))
}

/** Returns whether one layer is left, and has been for `milliseconds`. */
const isAloneFor = ({ layers, pace }: PullSnapshot, milliseconds: number): boolean => {
  const others = layers.filter(({ fetched, total }) => fetched === total)
  const last = Math.max(...others.map(({ fetchedAt }) => fetchedAt ?? 0))
  return others.length === layers.length - 1 && pace !== undefined && pace.at - last >= milliseconds
}

describe('the time left', () => {
  describe.each(Object.entries(images))('of %s is within 25 % from the first third on', (_, megabytes) => {
    it.each(machines)('with $link bytes/s, $latency ms and a disk of $disk bytes/s', (machine) => {
      const worst = worstError(
        megabytes.map((size) => size * megabyte),
        machine,
      )
      expect(worst.error).toBeLessThanOrEqual(0.25)
    })
  })

  it('is within 25 % once a layer is alone on a connection that has a rate of its own', () => {
    const machine = { link: 25 * megabyte, perDownload: 2.5 * megabyte, latency: 60, disk: 200 * megabyte }
    const { samples, duration } = simulatePull(
      [40, ...Array<number>(8).fill(4)].map((size) => size * megabyte),
      machine,
    )
    const errors = samples
      .filter(({ at, state }) => at < duration - 500 && isAloneFor(state, 1_000))
      .map(({ at, state }) => Math.abs(secondsLeft(state, at)! / ((duration - at) / 1_000) - 1))
    expect(errors.length).toBeGreaterThan(20)
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.25)
  })

  it('is unknown before the plan, and before anything has arrived', () => {
    expect(secondsLeft(emptySnapshot)).toBeUndefined()
  })
})
