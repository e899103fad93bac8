import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope, WorkControl, run } from '../../../../lib/flow/index.js'
import { type Descriptor, type ImageSink, type ImageSource, digestOf } from '../../../../lib/image/index.js'
import { BlobCopies, type BlobTask, copyBlobs } from '../../../../lib/stages/index.js'
import { InterruptedWork } from '../../../support/interrupted-work.js'
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

  it('begin again after a pause, and go before others that wait if their priority is higher', async () => {
    const order: string[] = []
    const held = new InterruptedWork()
    const sinkOf = (name: string, work: (request?: object) => Promise<void>) =>
      ({
        host: 'target',
        hasBlob: async (_: Descriptor, request: object) => {
          order.push(name)
          await work(request)
          return true
        },
      }) as unknown as ImageSink
    const urgent = new WorkControl()
    urgent.priority = 1
    const [task] = heldTasks(1).tasks
    const scope = new Scope()
    const copies = new BlobCopies({ slots: 1 }, scope)
    const outcomes = await Promise.all(
      [
        { ...task!, sink: sinkOf('held', held.run), control: held.control },
        { ...task!, sink: sinkOf('next', async () => undefined) },
        { ...task!, sink: sinkOf('urgent', async () => undefined), control: urgent },
      ].map((each) => lastValueFrom(copies.copy(each, scope))),
    )
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['exists', 'exists', 'exists'])
    expect(order).toEqual(['held', 'urgent', 'next', 'held'])
    await scope.close()
  })
})
