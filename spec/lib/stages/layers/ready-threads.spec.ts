import { expect, it } from 'vitest'
import { readyThreads } from '../../../../lib/stages/layers/ready-threads.js'
import { runStage } from '../../../support/run-stage.js'

const layers = [
  { action: 'exists', descriptor: { size: 100 } },
  { action: 'download', descriptor: { size: 20 } },
  { action: 'resume', descriptor: { size: 3 } },
]

it.each([
  [true, [[2, 23]]],
  [false, []],
])(
  'threads are started for the layers that are missing, if layers are unpacked (%s)',
  async (unpack, calls) => {
    const started: number[][] = []
    const pool = { ready: (jobs: number, bytes: number) => void started.push([jobs, bytes]) }
    const image = { layers } as never
    expect((await runStage(readyThreads(pool as never, { unpack }), image)).outputs).toEqual([image])
    expect(started).toEqual(calls)
  },
)
