import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope, run } from '../../../../lib/flow/index.js'
import { type Descriptor, type ImageSink, type ImageSource, digestOf } from '../../../../lib/image/index.js'
import { BlobCopies, type BlobTask, copyBlobs } from '../../../../lib/stages/index.js'
import { runStage } from '../../../support/run-stage.js'

const descriptorOf = (at: number): Descriptor => ({
  ...{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf(Buffer.of(at)), size: 1 },
})

/** Tasks whose blobs the target answers for only when `release` is called. */
function heldTasks(count: number) {
  const held: (() => void)[] = []
  const sink: Partial<ImageSink> = {
    host: 'target',
    hasBlob: () => new Promise((resolve) => held.push(() => resolve(true))),
  }
  const source: Partial<ImageSource> = { host: 'source' }
  const tasks = Array.from({ length: count }, (_, at): BlobTask => ({
    ...{ descriptor: descriptorOf(at), source: source as ImageSource, sink: sink as ImageSink },
  }))
  const release = (): void => {
    for (const each of held.splice(0)) each()
  }
  return { tasks, held, release }
}

describe('the copies of blobs', () => {
  it('run as many at once as the limit says, also in a stage that runs when the limit changes', async () => {
    const scope = new Scope()
    const copies = new BlobCopies({ slots: 1 }, scope)
    const { tasks, held, release } = heldTasks(6)
    let copied = 0
    const running = run(Flow.from(tasks).pipe(copyBlobs(copies)), () => [++copied])
    await expect.poll(() => held.length).toBe(1)
    copies.resize(3)
    await expect.poll(() => held.length).toBe(3)
    expect(copies.slots).toBe(3)
    copies.resize(1)
    release()
    await expect.poll(() => held.length).toBe(1)
    while (copied < tasks.length) {
      expect(held.length).toBeLessThanOrEqual(1)
      release()
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await running.done
    await scope.close()
  })

  it('are tried again after a failure that may pass, as often as the policy says', async () => {
    const [task] = heldTasks(1).tasks
    const failure = new WindlassError('NETWORK', 'The connection broke', { retryable: true })
    for (const [failures, succeeds] of [
      [2, true],
      [3, false],
    ] as const) {
      let left = failures
      const hasBlob = () => (left-- > 0 ? Promise.reject(failure) : Promise.resolve(true))
      const scope = new Scope()
      const copies = new BlobCopies({ retry: { attempts: 3, delay: 0, longestRetryAfter: 0 } }, scope)
      const sink = { host: 'target', hasBlob } as unknown as ImageSink
      const copied = runStage(copyBlobs(copies), { ...task!, sink })
      if (succeeds) expect((await copied).outputs).toMatchObject([{ outcome: 'exists' }])
      else await expect(copied).rejects.toBe(failure)
      await scope.close()
    }
  })
})
