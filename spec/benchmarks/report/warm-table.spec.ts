import { expect, it } from 'vitest'
import { warmTable } from '../../../benchmarks/report/warm-table.js'
import { comparison, machine } from '../comparison.js'

const [serve, via] = ['windlass serve, docker pull', 'windlass serve, windlass pull --via']
const [dockerd, containerd] = ['dockerd, docker pull', 'containerd, ctr images pull']

it('compares a cold pull with the faster of dockerd and containerd, and one that is up to date with dockerd', () => {
  const seconds = { [serve]: 0.3, [via]: 0.1, [dockerd]: 2, [containerd]: 0.5 }
  const page = warmTable([comparison(seconds), comparison(seconds, { work: 'again' })], machine)
  expect(page).toContain(
    '| cold, `docker pull` from `windlass serve` | the faster of dockerd and containerd | files | tmpfs | 0.60 | 0.5 | **no** |',
  )
  expect(page).toContain(
    '| up to date, `docker pull` from `windlass serve` | dockerd | files | tmpfs | 0.15 | 1 | yes |',
  )
  expect(page).toContain('1 of 2 reached.')
})

it('compares what the library fetches with crane', () => {
  const page = warmTable([comparison({ 'windlass library': 1.3, crane: 1 }, { work: 'fetch' })], machine)
  expect(page).toContain('| fetched and verified by the library | crane | files | tmpfs | 1.30 | 1.3 | yes |')
})

it('has a stricter goal for the distribution', () => {
  const seconds = { [serve]: 0.4, [containerd]: 1 }
  const page = warmTable([comparison(seconds, { image: 'distribution' })], machine)
  expect(page).toContain('| distribution | tmpfs | 0.40 | 0.35 | **no** |')
})

it('never rounds what is not reached to what is', () => {
  const page = warmTable([comparison({ [serve]: 0.5001, [containerd]: 1 })], machine)
  expect(page).toContain('| 0.51 | 0.5 | **no** |')
})

it('gives the ratio of each Windlass to the fastest of the others, and has no goal without one of them', () => {
  const page = warmTable(
    [comparison({ [serve]: 0.3, [via]: 0.45, [dockerd]: 2, [containerd]: 0.5 })],
    machine,
  )
  expect(page).toContain(`| ${serve} | 0.300 (0.300–0.300) | 0.60 | 0.60 | 30 |`)
  expect(page).toContain(`| ${via} | 0.450 (0.450–0.450) | 0.90 | 0.90 | 45 |`)
  expect(page).toContain(`| ${dockerd} | 2.000 (2.000–2.000) |  | 4.00 | 200 |`)
  expect(warmTable([comparison({ [serve]: 0.3 })], machine)).toContain('0 of 0 reached.')
})

it('names who failed, and the machine', () => {
  const failed = [{ name: dockerd, reason: 'no space' }]
  const page = warmTable([comparison({ [serve]: 0.3, [containerd]: 1 }, { failed })], machine)
  expect(page).toContain(`- ${dockerd}, files, unpack: no space`)
  expect(page).toContain('2 × any; kernel 6.1; disk ext4.')
})
