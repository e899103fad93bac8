/** Tests the handle of a running pull: events, result and cancellation. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { PullEvent } from '../../lib/events/index.js'
import { Flow } from '../../lib/flow/index.js'
import { type PullTurn, pullStage } from '../../lib/stages/pull-stage.js'
import { PullRun } from '../../puller/pull-run.js'
import { type TestRegistry, faults } from '../../lib/testing/registry/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

async function served(
  names = ['base', 'app'],
): Promise<{ registry: TestRegistry; name: string; layers: string[] }> {
  const registry = await bench.registry()
  const image = imageOf(names)
  await putImage(registry, 'team/app', '1', image)
  return { registry, name: `${registry.host}/team/app:1`, layers: image.layers.map(({ digest }) => digest) }
}

const staged = async (store: string): Promise<string[]> => readdir(join(store, 'staging')).catch(() => [])

describe('a pull', () => {
  it('emits events from start to end, numbered without gaps, with exactly one end', async () => {
    const { name } = await served()
    const puller = await bench.puller()
    const pull = puller.pull(name)
    const events = await lastValueFrom(pull.events.pipe(toArray()))
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1))
    expect(events[0]).toMatchObject({ type: 'start', reference: name })
    expect(events.filter(({ type }) => type === 'end')).toMatchObject([{ outcome: 'done' }])
    expect(events.at(-2)).toMatchObject({ type: 'image', status: 'newer' })
    await pull.closed()
  })

  it('reports a limitation of the machine once, and other warnings each time', async () => {
    const warn = (turn: PullTurn, code: string, layer: number): void =>
      turn.emit({ type: 'warning', code, message: `layer ${layer}` })
    const warnings = pullStage((layer: number, turn) => {
      warn(turn, 'OWNER_SKIPPED', layer)
      warn(turn, 'WHITEOUT_CONTENT', layer)
      return layer
    })
    const prepare = () => Promise.resolve(Flow.of(1, 2).pipe(warnings))
    const run = new PullRun<number>({ what: 'pull', start: undefined, signal: undefined, prepare })
    const events = await lastValueFrom(run.events.pipe(toArray()))
    await run.closed()
    expect(
      events.flatMap((event) => (event.type === 'warning' ? `${event.code} ${event.message}` : [])),
    ).toEqual(['OWNER_SKIPPED layer 1', 'WHITEOUT_CONTENT layer 1', 'WHITEOUT_CONTENT layer 2'])
  })

  it('emits its final state to a late subscriber', async () => {
    const { name, layers } = await served()
    const pull = (await bench.puller()).pull(name)
    await pull.done
    const late = await lastValueFrom(pull.events.pipe(toArray()))
    const complete = (event: PullEvent): boolean => event.type === 'layer' && event.status === 'complete'
    expect(late.filter(complete)).toHaveLength(layers.length)
    expect(late.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
  })

  it('ends with CANCELLED immediately when cancelled, and leaves no staged files and no name', async () => {
    const { registry, name } = await served()
    registry.addFault(faults.stall(10, { kind: 'blob' }))
    const puller = await bench.puller()
    const pull = puller.pull(name)
    await new Promise<void>((resolve) => {
      pull.events.subscribe((event) => {
        if (event.type === 'layer' && event.status === 'downloading') resolve()
      })
    })
    pull.cancel()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
    await pull.closed()
    expect(await lastValueFrom(pull.events)).toMatchObject({ type: 'end', outcome: 'cancelled' })
    expect(await puller.images()).toEqual([])
    await puller.close()
    expect(await staged(puller.store)).toEqual([])
  })

  it('does not start if its signal has already aborted', async () => {
    const { registry, name } = await served()
    const pull = (await bench.puller()).pull(name, { signal: AbortSignal.abort() })
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    await pull.closed()
    expect(registry.requests).toEqual([])
  })

  it('ends when its puller is closed; closing waits until it has released its resources', async () => {
    const { registry, name } = await served()
    registry.addFault(faults.stall(10, { kind: 'blob' }))
    const puller = await bench.puller()
    const pull = puller.pull(name)
    pull.done.catch(() => undefined)
    await puller.close()
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await staged(puller.store)).toEqual([])
    expect(() => puller.pull(name)).toThrow('closed')
  })

  it('a subscriber that throws affects neither the pull nor other subscribers', async () => {
    const { name } = await served()
    const pull = (await bench.puller()).pull(name)
    pull.events.subscribe(() => {
      throw new Error('a bug of the listener')
    })
    const [events] = await Promise.all([lastValueFrom(pull.events.pipe(toArray())), pull.done])
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
    expect(events.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'listener-failed' }])
  })

  it('reports the invalid layer and the entry that is invalid', async () => {
    const registry = await bench.registry()
    const bad = imageOf(['fine'], {})
    await putImage(registry, 'team/bad', '1', bad)
    registry.addFault(faults.wrongByte(30, { kind: 'blob', reference: bad.layers[0]!.digest, times: 9 }))
    const pull = (await bench.puller()).pull(`${registry.host}/team/bad:1`)
    await expect(pull.done).rejects.toMatchObject({ exitCode: 5 })
    await expect(pull.done).rejects.toThrow(bad.layers[0]!.digest)
  })
})
