/** Unpacking a layer whose bytes are not verified yet. */
import { lastValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { UnpackJobOptions, UnpackPool, UnpackTask } from '../../../../lib/archive/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf } from '../../../../lib/image/index.js'
import { unpack } from '../../../../lib/stages/layers/unpack.js'
import type { Store } from '../../../../lib/store/index.js'
import { OtherAlgorithm } from '../../../../lib/transfer/sharing/expectations.js'
import { type Arrival, arrival } from '../../../support/arriving-layer.js'

const bytes = Buffer.from('all the bytes of the layer')
const wrong = Buffer.from(bytes).fill('x', 3, 4)
const diffID = digestOf(Buffer.from('unpacked'))
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
const invalid = new WindlassError('LAYER_INVALID', 'no archive')

/** A pool with a prepared answer for each task. */
function scene(answers: readonly (() => Promise<unknown>)[]) {
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
        .pipe(unpack({ store, pool, form: 'overlay' }))
        .toObservable(scope),
    )
  return { tasks, asked, discarded, begin }
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
})
