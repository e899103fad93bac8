import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LayerSnapshot, type PullSnapshot, emptySnapshot } from '../../../lib/events/index.js'
import type { LimitValues } from '../../../puller/index.js'
import { Sampler } from '../../../server/pulls/sampler.js'

const layer = (digest: string, more: Partial<LayerSnapshot> = {}): LayerSnapshot => ({
  ...{ digest, status: 'downloading', current: 0, total: 10_000, fetched: 0, unpacked: 0, host: 'h' },
  ...more,
})
const pull = (...layers: readonly LayerSnapshot[]): PullSnapshot => ({
  ...emptySnapshot,
  phase: 'pulling',
  layers,
})
const limits = { maxDownloads: 3, maxUnpacks: 2, bytesPerSecond: Infinity } as LimitValues

describe('the samples of the pulls of a server', () => {
  let store: string
  beforeAll(() => {
    store = mkdtempSync(join(tmpdir(), 'windlass-sampler-'))
  })
  afterAll(() => rmSync(store, { recursive: true, force: true }))

  /** Takes a sample of each state, two seconds apart, and returns the last one. */
  async function sampled(
    states: readonly Readonly<Record<string, PullSnapshot>>[],
    { sampler = new Sampler(store), values = limits, step = 2_000, from = 1_000 } = {},
  ) {
    let last: Awaited<ReturnType<Sampler['take']>>
    for (const [at, state] of states.entries())
      last = await sampler.take(new Map(Object.entries(state)), values, from + at * step)
    return last
  }
  const ratesOf = async (...states: Parameters<typeof sampled>[0]) => {
    const samples = await sampled(states)
    const rates = ({ network, disk }: { readonly network: number; readonly disk: number }) => [network, disk]
    return {
      line: rates(samples!.line),
      pulls: Object.fromEntries(Object.entries(samples!.pulls).map(([id, each]) => [id, rates(each)])),
    }
  }

  it('begin with the second call, and anew after a reset or if no time has passed', async () => {
    const sampler = new Sampler(store)
    expect(await sampled([{}], { sampler })).toBeUndefined()
    expect(await sampled([{}], { sampler, from: 1_000 })).toBeUndefined()
    expect(await sampled([{}], { sampler, from: 500 })).toBeUndefined()
    expect(await sampled([{}], { sampler, from: 2_000 })).toBeDefined()
    sampler.reset()
    expect(await sampled([{}], { sampler, from: 4_000 })).toBeUndefined()
  })

  it('have the bytes per second of each pull and of all together', async () => {
    expect(
      await ratesOf(
        { one: pull(layer('a', { fetched: 100, unpacked: 10 })), two: pull(layer('b')) },
        { one: pull(layer('a', { fetched: 401, unpacked: 30 })), two: pull(layer('b', { fetched: 50 })) },
      ),
    ).toEqual({ line: [176, 10], pulls: { one: [151, 10], two: [25, 0] } })
  })

  it('count a layer that pulls share once, as far as any of them knows', async () => {
    const ahead = layer('a', { fetched: 400, unpacked: 100 })
    const behind = layer('a', { fetched: 300, unpacked: 20 })
    for (const [one, two] of [
      [ahead, behind],
      [behind, ahead],
    ] as const)
      expect(
        (await ratesOf({ one: pull(layer('a')), two: pull(layer('a')) }, { one: pull(one), two: pull(two) }))
          .line,
      ).toEqual([200, 50])
  })

  it('do not count bytes of before: of the store, of an earlier pull, or of a layer that starts over', async () => {
    const here = layer('a', { status: 'exists', fetched: 10_000, unpacked: 10_000 })
    expect((await ratesOf({ one: pull(layer('b')) }, { one: pull(layer('b'), here) })).line).toEqual([0, 0])
    expect(
      (await ratesOf({ one: pull(here) }, { one: pull({ ...here, status: 'downloading' }) })).line,
    ).toEqual([0, 0])
    const resumed = layer('a', { fetched: 900, unpacked: 900 })
    expect(await ratesOf({ one: pull() }, { one: pull(), two: pull(resumed) })).toEqual({
      ...{ line: [0, 0], pulls: { one: [0, 0], two: [0, 0] } },
    })
    expect(
      (await ratesOf({ one: pull(resumed, layer('b')) }, { one: pull(layer('a'), layer('b')) })).line,
    ).toEqual([0, 0])
  })

  it('count the last bytes of a layer that is complete, although it was found in the store by another pull', async () => {
    const complete = layer('a', { status: 'complete', fetched: 10_000, unpacked: 10_000 })
    expect(
      (
        await ratesOf(
          { one: pull(layer('a', { fetched: 9_000, unpacked: 9_000 })) },
          { one: pull(complete), two: pull({ ...complete, status: 'exists' }) },
        )
      ).line,
    ).toEqual([500, 500])
  })

  it('name the host that most downloads come from, and what holds the line and each pull', async () => {
    const states = [
      {
        one: pull(layer('a')),
        two: pull(layer('b', { status: 'extracting', unpacked: 1, fetched: 10_000 })),
      },
    ]
    const samples = await sampled([...states, ...states])
    expect(samples).toMatchObject({
      line: { at: 3_000, holder: 'network', host: 'h' },
      pulls: { one: { at: 3_000, holder: 'network' }, two: { holder: 'unpacking' } },
    })
  })

  it('say that the maximum rate holds the line, and the pulls, if it is reached', async () => {
    const values = { ...limits, bytesPerSecond: 100 }
    const states = [{ one: pull(layer('a')) }, { one: pull(layer('a', { fetched: 190 })) }]
    expect(await sampled(states, { values })).toMatchObject({
      line: { network: 95, holder: 'limit' },
      pulls: { one: { holder: 'limit' } },
    })
  })

  it('keep what holds a pull until most of the last samples agree, and forget it with the pull', async () => {
    const sampler = new Sampler(store)
    const network = { one: pull(layer('a')) }
    const unpacking = { one: pull(layer('a', { status: 'extracting', unpacked: 1, fetched: 10_000 })) }
    const last = async (states: Parameters<typeof sampled>[0], from: number) =>
      (await sampled(states, { sampler, from }))?.pulls['one']?.holder
    expect(await last([network, network, network, network], 1_000)).toBe('network')
    expect(await last([unpacking], 9_000)).toBe('network')
    expect(await last([{}, unpacking], 11_000)).toBe('unpacking')
  })

  it('have the free bytes of the nearest directory that exists, also if nothing runs', async () => {
    const sampler = new Sampler(join(store, 'not', 'yet'))
    const idle = await sampler.idle(7)
    expect(idle).toEqual({
      ...{ at: 7, network: 0, disk: 0, holder: null, host: null },
      freeBytes: expect.any(Number) as number,
    })
    expect(idle.freeBytes).toBeGreaterThan(1_000_000)
    expect((await sampled([{}, {}], { sampler }))?.line.freeBytes).toEqual(expect.any(Number))
  })
})
