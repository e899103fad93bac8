import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Digest, digestOf, type HistoryEntry, type ImageConfig } from '../../../lib/image/index.js'
import { historyOf } from '../../../pipelines/stored/history.js'

const digest = (at: number): Digest => digestOf(Buffer.from(String(at)))
const layersOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ digest: digest(at), size: at + 1 }))
const configOf = (history?: readonly HistoryEntry[]): ImageConfig => ({
  ...{ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } },
  ...(history && { history }),
})

describe('the history of an image', () => {
  it('lists the latest step first, each with its layer', () => {
    const history = [
      { created: '2024-01-01T00:00:00Z', created_by: 'ADD file', comment: 'base' },
      { created_by: 'ENV A=b', empty_layer: true },
      { created_by: 'RUN make' },
    ]
    const layers = [
      { digest: digest(0), size: 5, unpackedSize: 50 },
      { digest: digest(1), size: 7 },
    ]
    expect(historyOf(configOf(history), layers)).toEqual([
      { created: undefined, createdBy: 'RUN make', comment: '', layer: digest(1), size: 7, unpacked: false },
      { created: undefined, createdBy: 'ENV A=b', comment: '', layer: undefined, size: 0, unpacked: false },
      {
        ...{ created: '2024-01-01T00:00:00Z', createdBy: 'ADD file', comment: 'base' },
        ...{ layer: digest(0), size: 50, unpacked: true },
      },
    ])
  })

  it('has a step for each layer if the config has none, or too few', () => {
    expect(historyOf(configOf(), layersOf(2)).map(({ layer }) => layer)).toEqual([digest(1), digest(0)])
    expect(historyOf(configOf([{ created_by: 'ADD' }]), layersOf(2)).map((step) => step.createdBy)).toEqual([
      '',
      'ADD',
    ])
  })

  it('lists every layer once, in order, whatever the config says', () => {
    const steps = fc.array(fc.record<HistoryEntry>({ empty_layer: fc.boolean(), created_by: fc.string() }))
    fc.assert(
      fc.property(steps, fc.nat(5), (history, count) => {
        const found = historyOf(configOf(history), layersOf(count))
        const layers = found.flatMap(({ layer }) => layer ?? []).reverse()
        expect(layers).toEqual(layersOf(count).map((layer) => layer.digest))
        expect(found.length).toBeGreaterThanOrEqual(history.length)
      }),
    )
  })
})
