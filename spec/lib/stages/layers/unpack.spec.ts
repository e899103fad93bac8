/** Unpacking a layer whose bytes are not verified yet. */
import { EMPTY, from, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { UnpackJobOptions, UnpackPool, UnpackTask } from '../../../../lib/archive/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, type FlowEvent, Scope, WorkControl } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { type UnpackOptions, unpack } from '../../../../lib/stages/layers/unpack.js'
import type { Store } from '../../../../lib/store/index.js'
import { OtherAlgorithm } from '../../../../lib/transfer/sharing/expectations.js'
import { type Arrival, arrival } from '../../../support/arriving-layer.js'

const bytes = Buffer.from('all the bytes of the layer')
const wrong = Buffer.from(bytes).fill('x', 3, 4)
const diffID = digestOf(Buffer.from('unpacked'))
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
const invalid = new WindlassError('LAYER_INVALID', 'no archive')

/** A pool with a prepared answer for each task. */
function scene(answers: readonly (() => Promise<unknown>)[], more: Partial<UnpackOptions> = {}) {
  const scope = new Scope()
  onTestFinished(() => scope.close())
  const tasks: UnpackTask[] = []
  const asked: UnpackJobOptions[] = []
  const discarded: number[] = []
  let staged = 0
  const store = {
    layers: {
      stage: async () => {
        const at = ++staged
        let ended = false
        return {
          path: `staged-${at}`,
          discard: async () => {
            if (!ended) discarded.push(at)
            ended = true
          },
        }
      },
    },
  } as unknown as Store
  const pool = {
    unpack: async (task: UnpackTask, options: UnpackJobOptions) => {
      tasks.push(task)
      asked.push(options)
      return answers[tasks.length - 1]!()
    },
  } as unknown as UnpackPool
  const begin = (layer: Arrival['layer']) =>
    lastValueFrom(
      Flow.of(layer)
        .pipe(unpack({ store, pool, form: 'overlay', ...more }))
        .toObservable(scope),
    )
  /** Leaves the stage when the layer is unpacked. */
  const leave = async (layer: Arrival['layer']): Promise<void> => {
    const reading = Flow.of(layer)
      .pipe(unpack({ store, pool, form: 'overlay', ...more }))
      .toObservable(scope)
      .subscribe()
    await settled()
    reading.unsubscribe()
    await scope.close({ within: 5_000 })
  }
  return { tasks, asked, discarded, begin, scope, leave }
}
const gives =
  (result: object = { diffID, size: 1, entries: 1 }) =>
  () =>
    Promise.resolve(result)
const fails = (error: Error) => () => Promise.reject(error)

async function arrived(content: Buffer, more: Parameters<typeof arrival>[1] = {}): Promise<Arrival> {
  const here = await arrival(bytes, more)
  await here.file.append([content])
  here.file.finish()
  return here
}

describe('the unpacking of a layer', () => {
  it('is complete when the bytes are verified', async () => {
    const { begin, discarded } = scene([gives()])
    const { layer, file } = await arrived(bytes)
    let done = false
    const unpacked = begin(layer).finally(() => (done = true))
    await settled()
    expect(done).toBe(false)
    file.verify()
    expect((await unpacked).unpacked.diffID).toBe(diffID)
    expect(discarded).toEqual([])
  })

  it('starts again when the download restarts, whatever the result of the earlier bytes was', async () => {
    for (const first of [gives(), fails(invalid)]) {
      const { begin, tasks, discarded } = scene([first, gives()])
      const { layer, file } = await arrival(bytes)
      await file.append([wrong])
      const unpacked = begin(layer)
      await settled()
      await file.truncate()
      await file.append([bytes])
      file.finish()
      file.verify()
      expect((await unpacked).staged.path).toBe('staged-2')
      expect([tasks.length, discarded]).toEqual([2, [1]])
    }
  })

  it('fails with the error of the verification rather than the error of the unpacking', async () => {
    const { begin, discarded } = scene([fails(invalid)])
    const { layer, file } = await arrived(wrong)
    const unpacked = begin(layer)
    const mismatch = new WindlassError('DIGEST_MISMATCH', 'wrong')
    setTimeout(() => file.fail(mismatch), 20)
    await expect(unpacked).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(discarded).toEqual([1])
  })

  it('discards the partial download if its bytes are invalid, and keeps it if only the disk is full', async () => {
    for (const [error, done] of [
      [invalid, ['discard']],
      [new WindlassError('STORE_FULL', 'full'), []],
    ] as const) {
      const { begin, discarded } = scene([fails(error)])
      const here = await arrived(bytes)
      here.file.verify()
      await expect(begin(here.layer)).rejects.toMatchObject({ code: error.code })
      expect([here.done, discarded]).toEqual([done, [1]])
    }
  })

  it('is repeated once with another digest algorithm if a pull expects that', async () => {
    const expected = digestOf(Buffer.from('unpacked'), 'sha512')
    const other = new OtherAlgorithm(digestOf(bytes), expected, diffID)
    const { begin, tasks } = scene([gives(), gives({ diffID: expected, size: 1, entries: 1 })])
    const { layer, file } = await arrived(bytes)
    file.verify()
    const confirm = (actual: string) => (actual === expected ? Promise.resolve() : Promise.reject(other))
    expect((await begin({ ...layer, confirm })).unpacked.diffID).toBe(expected)
    expect(tasks.map(({ algorithm }) => algorithm)).toEqual(['sha256', 'sha512'])
    const never = scene([gives(), gives()])
    await expect(never.begin({ ...layer, confirm: () => Promise.reject(other) })).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
    })
    expect(never.tasks).toHaveLength(2)
  })

  it('verifies a blob that was in the store', async () => {
    const { begin, tasks } = scene([gives()])
    const { layer } = await arrival(bytes)
    const { digest, size } = layer.descriptor
    await begin({ ...layer, arriving: undefined } as never)
    expect(tasks[0]).toMatchObject({ expected: { digest, size }, owner: undefined })
  })

  it('begins with the first bytes of the layer', async () => {
    const { begin, tasks } = scene([gives()])
    const { layer, file } = await arrival(bytes)
    const unpacked = begin(layer)
    await settled()
    expect(tasks).toEqual([])
    await file.append([bytes])
    await settled()
    expect(tasks).toHaveLength(1)
    file.finish()
    file.verify()
    await unpacked
  })

  it('goes before others once the whole layer has arrived', async () => {
    const { begin, asked } = scene([gives(), gives()])
    const { layer, file } = await arrival(bytes)
    await file.append([bytes])
    const unpacked = begin(layer)
    await settled()
    expect(asked[0]!.isReady!()).toBe(false)
    file.finish()
    expect(asked[0]!.isReady!()).toBe(true)
    file.verify()
    await unpacked
    await begin({ ...layer, arriving: undefined } as never)
    expect(asked[1]!.isReady!()).toBe(true)
  })

  it('begins with the end of a layer without bytes, and not at all after a failure before the first', async () => {
    const { begin, tasks } = scene([gives(), gives()])
    const empty = await arrival(Buffer.alloc(0))
    const unpacked = begin(empty.layer)
    await settled()
    expect(tasks).toEqual([])
    empty.file.finish()
    empty.file.verify()
    await unpacked
    const failed = await arrival(bytes)
    const { begin: beginFailed } = scene([fails(new WindlassError('LAYER_INVALID', 'it is empty'))])
    const failing = beginFailed(failed.layer)
    failed.file.fail(new WindlassError('NETWORK', 'the line broke'))
    await expect(failing).rejects.toMatchObject({ code: 'NETWORK' })
  })

  it('does not begin if the file is closed before the first bytes, which is no failure of its own', async () => {
    const { tasks, scope } = scene([gives()])
    const states = EMPTY
    const layer = { arriving: { file: { states } }, descriptor: { digest: digestOf(bytes) } }
    const store = { layers: { stage: () => Promise.reject(new WindlassError('CANCELLED', 'closed')) } }
    const stage = unpack({ store: store as never, pool: {} as never, form: 'overlay' })
    await expect(
      lastValueFrom(
        Flow.of(layer as never)
          .pipe(stage)
          .toObservable(scope),
      ),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(tasks).toEqual([])
  })

  it('discards the tree at once if no pull expects it, and at the end of the pull if it was not committed', async () => {
    const { begin, discarded } = scene([gives()])
    const { layer, file } = await arrived(bytes)
    file.verify()
    const mismatch = new WindlassError('DIFF_ID_MISMATCH', 'another')
    await expect(begin({ ...layer, confirm: () => Promise.reject(mismatch) })).rejects.toMatchObject({
      code: 'DIFF_ID_MISMATCH',
    })
    expect(discarded).toEqual([1])
    const unused = scene([gives()])
    await unused.begin(layer)
    expect(unused.discarded).toEqual([])
    await unused.scope.close()
    expect(unused.discarded).toEqual([1])
  })

  it('does not wait for a pull that expects the tree after the end of all pulls', async () => {
    const { layer, file } = await arrived(bytes)
    file.verify()
    const left = scene([gives()])
    await left.leave({ ...layer, confirm: () => new Promise<void>(() => undefined) })
    expect(left.discarded).toEqual([1])
  })

  it('asks for a thread as a part of its pull, with the priority of the pull at every moment', async () => {
    const control = new WorkControl()
    const group = {}
    const { begin, asked } = scene([gives()])
    const { layer, file } = await arrived(bytes)
    file.verify()
    await begin({ ...layer, control, group })
    control.priority = 7
    expect(asked[0]).toMatchObject({ group, size: bytes.length })
    expect((asked[0]!.priority as () => number)()).toBe(7)
  })

  it('gives its thread up if another pull wants it, but not if somebody has seen its entries', async () => {
    const { layer, file } = await arrived(bytes)
    file.verify()
    const { begin, asked, tasks } = scene([
      async () => {
        asked[0]!.onWanted!()
        asked[0]!.signal!.throwIfAborted()
      },
      gives(),
    ])
    await begin(layer)
    expect(tasks).toHaveLength(2)
    const completed: unknown[] = []
    const entries = {
      begin: () => () => undefined,
      complete: ({ descriptor }: Arrival['layer']) => completed.push(descriptor.digest),
    }
    const watched = scene([gives()], { entries: entries as never })
    await watched.begin(layer)
    expect(watched.asked[0]!.onWanted).toBeUndefined()
    expect(completed).toEqual([layer.descriptor.digest])
  })

  it('reports its progress and its warnings with the digest of the layer', async () => {
    const { begin, asked, scope } = scene([
      () => {
        asked[0]!.onProgress!(5)
        asked[0]!.onWarning!('odd', 'It is odd')
        return gives()()
      },
    ])
    const events: FlowEvent[] = []
    scope.events.subscribe((event) => events.push(event))
    const { layer, file } = await arrived(bytes)
    file.verify()
    await begin(layer)
    const { digest } = layer.descriptor
    expect(events).toEqual([
      { type: 'layer', digest, status: 'extracting', current: 5, total: bytes.length },
      { type: 'warning', code: 'odd', message: 'It is odd', digest },
    ])
  })

  it('fails with the digest of the layer, unless the error names it, and keeps what a retry depends on', async () => {
    const { layer, file } = await arrived(bytes)
    file.verify()
    const { digest } = layer.descriptor
    const failed = new WindlassError('STORE_FULL', 'no space', { retryable: true, hint: 'Free some.' })
    await expect(scene([fails(failed)]).begin(layer)).rejects.toMatchObject({
      ...{ message: `Layer ${digest}: no space`, hint: 'Free some.', retryable: true, cause: failed },
      subject: { digest },
    })
    const named = new WindlassError('STORE_FULL', `no space for ${digest}`)
    await expect(scene([fails(named)]).begin(layer)).rejects.toBe(named)
  })

  it('begins with the algorithm that the config states', async () => {
    const { layer, file } = await arrived(bytes)
    file.verify()
    const { begin, tasks } = scene([gives()])
    await begin({ ...layer, algorithm: () => 'sha512' })
    expect(tasks.map(({ algorithm }) => algorithm)).toEqual(['sha512'])
  })

  it('tells the thread how the file grows, and that it failed or began again', async () => {
    const growthOf = async (change: (file: Arrival['file']) => Promise<unknown>) => {
      const { begin, tasks } = scene([() => new Promise(() => undefined)])
      const { layer, file } = await arrival(bytes)
      await file.append([bytes.subarray(0, 5)])
      begin(layer).catch(() => undefined)
      await settled()
      const growth = lastValueFrom(from(tasks[0]!.growth!).pipe(toArray()))
      growth.catch(() => undefined)
      await change(file)
      return growth
    }
    expect(
      await growthOf(async (file) => {
        await file.append([bytes.subarray(5)])
        file.finish()
      }),
    ).toEqual([
      { length: 5, final: false },
      { length: bytes.length, final: false },
      { length: bytes.length, final: true },
    ])
    const broken = new WindlassError('NETWORK', 'the line broke')
    await expect(growthOf(async (file) => file.fail(broken))).rejects.toBe(broken)
    await expect(growthOf((file) => file.truncate())).rejects.toThrow('was restarted')
  })
})
