import { describe, expect, it } from 'vitest'
import { WorkControl, stage } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { eachBlob } from '../../../../lib/stages/copy/each-blob.js'
import type { BlobTask, CopiedBlob } from '../../../../lib/stages/index.js'
import { runStage } from '../../../support/run-stage.js'

const blobs = ['a', 'b'].map((text) => ({ mediaType: 'x', digest: digestOf(Buffer.from(text)), size: 1 }))

describe('the blobs of a copy', () => {
  const copy = async (plan: object) => {
    const tasks: BlobTask[] = []
    const line = stage(async (task: BlobTask): Promise<CopiedBlob> => {
      tasks.push(task)
      return { descriptor: task.descriptor, outcome: 'copied' }
    })
    const { outputs } = await runStage(eachBlob(line), { blobs, ...plan } as never)
    return { tasks, outputs }
  }

  it('go from the source to the target, under the control of the copy', async () => {
    const [source, sink, control] = [{}, {}, new WorkControl()]
    const { tasks, outputs } = await copy({ source, target: { sink }, control })
    expect(tasks).toEqual(blobs.map((descriptor) => ({ descriptor, source, sink, control })))
    expect(tasks[0]!.control).toBe(control)
    expect(outputs[0]!.copied).toEqual(blobs.map((descriptor) => ({ descriptor, outcome: 'copied' })))
  })

  it('have no control if the copy has none, and may be none', async () => {
    expect((await copy({ target: {} })).tasks[0]).not.toHaveProperty('control')
    expect((await copy({ target: {}, blobs: [] })).outputs).toMatchObject([{ copied: [] }])
  })
})
