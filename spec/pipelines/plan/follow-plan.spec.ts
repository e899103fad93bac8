import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../lib/image/index.js'
import type { PlannedImage, PlannedLayer } from '../../../lib/stages/index.js'
import { followPlan } from '../../../pipelines/plan/follow-plan.js'
import type { PullPlan } from '../../../pipelines/index.js'
import { runStage } from '../../support/run-stage.js'

type Fetched = Pick<PlannedLayer, 'action' | 'offset'>
const digest = digestOf(Buffer.from('a layer'))
const size = 2_000_000

/** What is said of a layer that is fetched otherwise than planned. */
async function said(planned: Fetched | undefined, now: Fetched): Promise<readonly unknown[]> {
  const plan = { layers: planned ? [{ digest, size, ...planned }] : [] } as unknown as PullPlan
  const image = { layers: [{ descriptor: { digest, size }, ...now }] } as unknown as PlannedImage
  const { outputs, events } = await runStage(followPlan(plan), image)
  expect(outputs).toEqual([image])
  return events.flatMap((event) => (isWarning(event) ? [event.message] : []))
}
const isWarning = (event: unknown): event is { readonly message: string } =>
  (event as { code?: unknown }).code === 'plan-changed'

const exists: Fetched = { action: 'exists', offset: size }
const download: Fetched = { action: 'download', offset: 0 }
const resume = (offset: number): Fetched => ({ action: 'resume', offset })

describe('a layer of a pull with a plan', () => {
  it('is fetched as planned, or not in the plan, without a word', async () => {
    for (const each of [exists, download, resume(5)]) expect(await said(each, each)).toEqual([])
    expect(await said(undefined, download)).toEqual([])
  })

  it.each<[Fetched, Fetched, string]>([
    [download, exists, 'is not downloaded: the store has it now'],
    [exists, download, 'is downloaded whole (2.00 MB): the store no longer has it'],
    [exists, resume(5), 'is downloaded from byte 5 on: the store no longer has it'],
    [
      resume(1_000),
      resume(5_000),
      'is downloaded from byte 5000 on: the store has 5.00 kB of it, and had 1.00 kB when the plan was made',
    ],
    [
      resume(1_000),
      download,
      'is downloaded whole (2.00 MB): the store has 0 B of it, and had 1.00 kB when the plan was made',
    ],
  ])('is named with the difference: %j, then %j', async (planned, now, message) => {
    expect(await said(planned, now)).toEqual([`Layer ${digest} ${message}`])
  })
})
