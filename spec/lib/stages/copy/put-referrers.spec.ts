import { describe, expect, it, vi } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { type PutManifestRequest, digestOf } from '../../../../lib/image/index.js'
import { type CopiedBlobs, putReferrers } from '../../../../lib/stages/index.js'
import { ticks } from '../../../support/flow-lines.js'
import { InterruptedWork } from '../../../support/interrupted-work.js'
import { runStage } from '../../../support/run-stage.js'

const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
const subject = digestOf(Buffer.from('subject'))

describe('what belongs to the manifests of a copy', () => {
  async function put(lists: boolean, referrers: CopiedBlobs['referrers'] | object[]) {
    const calls: unknown[] = []
    const write =
      (call: string) =>
      async (bytes: Buffer, _descriptor: unknown, ...rest: readonly unknown[]): Promise<void> => {
        const options = rest.at(-1) as PutManifestRequest
        expect(options.signal).toBeInstanceOf(AbortSignal)
        await ticks(2)
        options.onWarning?.('code', `about ${bytes.toString()}`)
        const { tag } = options
        calls.push([call, bytes.toString(), ...(rest.length > 1 ? [rest[0]] : []), ...(tag ? [tag] : [])])
      }
    const sink = { putManifest: write('manifest'), ...(lists && { putReferrer: write('referrer') }) }
    const plan = { referrers, target: { sink } } as unknown as CopiedBlobs
    const { outputs, events } = await runStage(putReferrers({ retry }), plan)
    expect(outputs).toEqual([plan])
    return { calls, events }
  }
  const referrer = { bytes: Buffer.from('signature'), descriptor: {}, subject }
  const tagged = { bytes: Buffer.from('cosign'), descriptor: {}, subject, tag: 'sha256-0.sig' }

  it('is listed at the target, or stored under its tag', async () => {
    const { calls, events } = await put(true, [referrer, tagged])
    expect(calls).toEqual([
      ['referrer', 'signature', subject],
      ['manifest', 'cosign', 'sha256-0.sig'],
    ])
    expect(events).toContainEqual({ type: 'warning', code: 'code', message: 'about signature' })
    expect(events).toContainEqual({ type: 'warning', code: 'code', message: 'about cosign' })
  })

  it('is a manifest like any other at a target that cannot list it', async () => {
    const { calls, events } = await put(false, [referrer])
    expect(calls).toEqual([['manifest', 'signature']])
    expect(events).toContainEqual({ type: 'warning', code: 'code', message: 'about signature' })
  })

  it('may be nothing', async () => {
    expect((await put(true, undefined)).calls).toEqual([])
  })

  it.each([
    ['putManifest', tagged],
    ['putManifest', referrer],
    ['putReferrer', referrer],
  ])('is written again after a failure that may pass, and not after others: %s', async (call, node) => {
    const error = (retryable: boolean) => new WindlassError('NETWORK', 'The connection broke', { retryable })
    const put = vi.fn().mockRejectedValueOnce(error(true)).mockResolvedValue(undefined)
    const plan = { referrers: [node], target: { sink: { [call]: put } } } as unknown as CopiedBlobs
    const stage = putReferrers({ retry: { ...retry, attempts: 2 } })
    await runStage(stage, plan)
    expect(put).toHaveBeenCalledTimes(2)
    put.mockRejectedValueOnce(error(false))
    await expect(runStage(stage, plan)).rejects.toThrow('The connection broke')
  })

  it('is written again after a pause, without a retry', async () => {
    const { control, run } = new InterruptedWork()
    const putManifest = vi.fn((_: Buffer, __: object, request: object) => run(request))
    const plan = { referrers: [tagged], target: { sink: { putManifest } }, control } as unknown
    await runStage(putReferrers({ retry }), plan as CopiedBlobs)
    expect(putManifest).toHaveBeenCalledTimes(2)
  })
})
