import { expect, it } from 'vitest'
import { resultsTable, summary } from '../../benchmarks/table.js'
import { comparison, machine } from './comparison.js'

const loop = 'node: ask, hash, write'

it('sums up in a row what is to be reached, in a column each image, in the order of the recipes', () => {
  const text = summary([
    comparison({ windlass: 0.06, 'node -e 0': 0.05 }, { image: '', store: '', work: 'version' }),
    comparison({ windlass: 1.5, [loop]: 1 }, { image: 'small', work: 'fetch' }),
    comparison({ windlass: 1.2, [loop]: 1 }, { work: 'fetch' }),
  ])
  expect(text.split('\n')).toEqual([
    '| work | against | files | small | no image |',
    '| --- | --- | --- | --- | --- |',
    '| fetch and verify only, store on tmpfs | a loop on the same Node that asks, hashes and writes | 1.20 ≤ 1.2: yes | 1.50 > 1.2: **no** |  |',
    '| `windlass --version` | `node -e 0` |  |  | 1.20 ≤ 1.5: yes |',
    '',
    '2 of 3 reached.',
    '',
  ])
})

it('never rounds what is not reached to what is', () => {
  expect(summary([comparison({ windlass: 1.2001, [loop]: 1 }, { work: 'fetch' })])).toContain(
    '1.21 > 1.2: **no**',
  )
})

it('tells of each contender what it took, and who failed, and where trees differ', () => {
  const failed = [{ name: 'docker', reason: 'no | space' }]
  const text = resultsTable({
    machine,
    images: [{ name: 'files', shows: 'many', repository: 'r', bytes: 25e6, layers: 4 }],
    skipped: [{ name: 'oras', reason: 'not there' }],
    trees: [
      { image: 'files', peer: 'podman', entries: 7, open: 1, differences: 0, shown: [] },
      { image: 'files', peer: 'docker', entries: 7, open: 1, differences: 2, shown: ['a: mode 1 ≠ 2'] },
    ],
    comparisons: [comparison({ podman: 3, windlass: 2 }, { failed })],
  })
  expect(text).toContain('### Fetch, verify and unpack, store on tmpfs')
  expect(text).toContain(
    '| files | **windlass** | 2.00 (2.00–2.00) |  | 4.00 (4.00–4.00) | 200 (200–200) | 1 |\n' +
      '| files | podman | 3.00 (3.00–3.00) | 1.50 | 6.00 (6.00–6.00) | 300 (300–300) | 1 |',
  )
  expect(text).toContain('| oras | everything | `not there` |')
  expect(text).toContain('| docker | files: Fetch, verify and unpack, store on tmpfs | `no \\| space` |')
  expect(text).toContain('| files | podman | 7 | 1 | the same |')
  expect(text).toContain('| files | docker | 7 | 1 | 2 differences | `a: mode 1 ≠ 2` |')
  expect(text).toContain('| podman | 1.0 |')
})

it('has a table of goals for each Node, which is compared with the loop that ran on it', () => {
  const text = summary([
    comparison(
      { windlass: 3, [loop]: 2, 'windlass (Node 24)': 1.1, [`${loop} (Node 24)`]: 1, crane: 0.1 },
      { work: 'fetch' },
    ),
  ])
  expect(text).toMatch(/^1\.0:\n\n[^]*1\.50 > 1\.2: \*\*no\*\*[^]*\n1\.0:\n\n[^]*1\.10 ≤ 1\.2: yes/)
})
