import { describe, expect, it } from 'vitest'
import { putImage } from '../../../lib/testing/images/index.js'
import { type TestRegistry, faults } from '../../../lib/testing/registry/index.js'
import type { PullReport } from '../../../pipelines/index.js'
import type { Windlass } from '../../../puller/index.js'
import { Workbench, imageOf } from '../../support/workbench.js'
import { until, wanted } from '../../support/watching.js'

const bench = new Workbench()
const tags = ['a', 'b', 'c', 'd']

async function scene(options: { readonly latency?: number } = {}): Promise<{
  registry: TestRegistry
  puller: Windlass
  name: (tag: string) => string
}> {
  const registry = await bench.registry(options)
  for (const tag of tags) await putImage(registry, 'team/app', tag, imageOf(['base', tag]))
  return { registry, puller: await bench.puller(), name: (tag) => `${registry.host}/team/app:${tag}` }
}

const kinds = ({ outcomes }: PullReport): string[] =>
  outcomes.map((each) => ('error' in each ? each.error.code : each.image.status))

describe('pullMany', () => {
  it('reports the outcomes in the order of the names and continues after failures', async () => {
    const { registry, puller, name } = await scene()
    registry.addFault(faults.status(503, { kind: 'manifest', reference: 'b', times: Infinity }))
    const names = [name('a'), name('b'), 'not a name', name('missing'), name('c')]
    const report = await puller.pullMany(names, wanted).done
    expect(report.outcomes.map((each) => each.name)).toEqual(names)
    expect(kinds(report)).toEqual([
      ...['newer', 'REGISTRY_UNAVAILABLE', 'REFERENCE_INVALID'],
      ...['MANIFEST_UNKNOWN', 'newer'],
    ])
    expect(report).toMatchObject({ pulled: 2, failed: 3, retryable: 1 })
    expect(report.duration).toBeGreaterThan(0)
  })

  it('counts the bytes of each image and the bytes that the store did not have', async () => {
    const { puller, name } = await scene()
    const { outcomes, bytes } = await puller.pullMany([name('a'), name('b')], { ...wanted, concurrency: 1 })
      .done
    const [first, second] = outcomes
    expect(first!.bytes.downloaded).toBe(first!.bytes.total)
    expect(second!.bytes.downloaded).toBeLessThan(second!.bytes.total) // the base is shared
    expect(bytes.downloaded).toBe(first!.bytes.downloaded + second!.bytes.downloaded)
    expect(outcomes.every(({ attempts, duration }) => attempts === 1 && duration >= 0)).toBe(true)
  })

  it('returns a report that survives a round trip through JSON', async () => {
    const { puller, name } = await scene()
    const report = await puller.pullMany([name('a'), name('missing')], wanted).done
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })

  it('returns an empty report for no names', async () => {
    const { puller } = await scene()
    expect((await puller.pullMany([]).done).outcomes).toEqual([])
  })

  it.each([1, 3])('pulls at most `concurrency` images concurrently: %d', async (concurrency) => {
    const { puller, name } = await scene({ latency: 20 })
    const running = new Set<string>()
    let most = 0
    const set = puller.pullMany(tags.map(name), { ...wanted, concurrency })
    set.each.subscribe(({ name: started, pull }) => {
      running.add(started)
      most = Math.max(most, running.size)
      void pull.done.finally(() => running.delete(started))
    })
    await set.done
    expect(most).toBe(concurrency)
  })

  it('with `failFast`, fails with the first error and cancels the other pulls', async () => {
    const { puller, name } = await scene()
    const set = puller.pullMany([name('missing'), ...tags.map(name)], { ...wanted, failFast: true })
    await expect(set.done).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' })
    await set.closed()
  })

  it('cancels all pulls when it is cancelled or its signal aborts', async () => {
    const { registry, puller, name } = await scene()
    registry.addFault(faults.stall(10, { times: Infinity }))
    const stop = new AbortController()
    const set = puller.pullMany(tags.map(name), { ...wanted, signal: stop.signal })
    await until(() => registry.appliedFaults.includes('stall'))
    stop.abort()
    await expect(set.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await set.closed()
    expect(set).toMatchObject({ running: [] })
  })

  it('refuses a value that is not a list of strings', async () => {
    const { puller } = await scene()
    expect(() => puller.pullMany('a' as unknown as string[])).toThrow(/names given to pullMany/)
  })
})

describe('retryFailed', () => {
  it('retries the names with a retryable error and returns the whole report', async () => {
    const { registry, puller, name } = await scene()
    registry.addFault(faults.status(503, { kind: 'manifest', reference: 'b', times: Infinity }))
    const names = [name('a'), name('b'), name('missing')]
    const first = await puller.pullMany(names, wanted).done
    registry.clearFaults()
    const from = registry.requests.length
    const second = await puller.retryFailed(JSON.parse(JSON.stringify(first)) as PullReport, wanted).done
    expect(kinds(second)).toEqual(['newer', 'newer', 'MANIFEST_UNKNOWN'])
    expect(second.outcomes.map(({ attempts }) => attempts)).toEqual([1, 2, 1])
    expect(second).toMatchObject({ pulled: 2, failed: 1, retryable: 0 })
    expect(second.duration).toBeGreaterThanOrEqual(first.duration)
    expect(registry.requests.slice(from).every(({ reference }) => reference !== 'missing')).toBe(true)
  })

  it('with `all`, retries all failed names and no others', async () => {
    const { registry, puller, name } = await scene()
    const report = await puller.pullMany([name('a'), name('later')], wanted).done
    await putImage(registry, 'team/app', 'later', imageOf(['later']))
    const starts: string[] = []
    const set = puller.retryFailed(report, { ...wanted, all: true })
    set.each.subscribe((started) => starts.push(started.name))
    expect(kinds(await set.done)).toEqual(['newer', 'newer'])
    expect(starts).toEqual([name('later')])
  })

  it.each([null, {}, { outcomes: [{}], duration: 1 }, { outcomes: 'all', duration: 1 }])(
    'refuses %j, which is no report',
    async (report) => {
      const { puller } = await scene()
      expect(() => puller.retryFailed(report as unknown as PullReport)).toThrow(/a report of pullMany/)
    },
  )
})
