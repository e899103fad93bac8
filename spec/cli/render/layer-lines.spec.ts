import { describe, expect, it } from 'vitest'
import { layerLines } from '../../../cli/render/layer-lines.js'
import { type LayerSnapshot, type LayerStatus, emptySnapshot } from '../../../lib/events/index.js'

const layer = (status: LayerStatus, at: number): LayerSnapshot => ({
  ...{ digest: `sha256:${String(at).padStart(12, '0').padEnd(64, '0')}`, status },
  ...{ current: 1, total: 10, fetched: 1, unpacked: 0 },
})

/** The lines, each as the number of its layer, or as it is. */
function lines(room: number, statuses: readonly LayerStatus[], target?: string): string[] {
  const snapshot = { ...emptySnapshot, layers: statuses.map(layer), ...(target !== undefined && { target }) }
  const view = { columns: 100, now: 0 } as never
  return layerLines(snapshot, view, room).map(
    (line) => /^0{6,}(\d+):/.exec(line)?.[1]?.replace(/^0+(?=.)/, '') ?? line,
  )
}

describe('the lines of layers', () => {
  const some = ['complete', 'waiting', 'downloading', 'exists', 'extracting', 'waiting'] as const

  it('are one for each layer if there is room', () => {
    expect(lines(6, some)).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(lines(0, some)).toEqual([])
  })

  it('fold the finished ones first', () => {
    expect(lines(5, some)).toEqual(['2 layers complete', '1', '2', '4', '5'])
  })

  it('then show the active ones before those that wait, in the order of the layers', () => {
    expect(lines(4, some)).toEqual(['2 layers complete', '2', '4', '... and 2 more layers: 2 waiting'])
    expect(lines(3, some)).toEqual(['2 layers complete', '2', '... and 3 more layers: 1 active, 2 waiting'])
  })

  it('say what is to be done if there is one line only', () => {
    expect(lines(1, some)).toEqual(['... and 4 more layers: 2 active, 2 waiting'])
  })

  it('have no line of finished ones if there are none', () => {
    expect(lines(2, ['waiting', 'downloading', 'downloading'])).toEqual([
      ...['1', '... and 2 more layers: 1 active, 1 waiting'],
    ])
  })

  it('name blobs in a copy', () => {
    expect(lines(2, ['copied', 'waiting', 'waiting'], 'target')).toEqual([
      ...['1 blob complete', '... and 2 more blobs: 2 waiting'],
    ])
  })
})
