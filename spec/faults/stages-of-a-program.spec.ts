/** Mistakes that a program makes with a stage or a sink of its own, and what it hears of them. */
import { EMPTY, lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type Stage, compose, stage } from '../../lib/flow/index.js'
import type { EnsuredLayer, PlannedImage } from '../../lib/stages/index.js'
import { putImage } from '../../lib/testing/images/index.js'
import { putSchema1, repository, signedManifest } from '../../testbench/registries/schema1-registry.js'
import type { PullOptions } from '../../puller/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

const bench = new Workbench()

async function pulling(options: PullOptions) {
  const registry = await bench.registry()
  await putImage(registry, 'team/app', '1', imageOf(['base', 'top']))
  const windlass = await bench.puller()
  return { windlass, pull: windlass.pull(`${registry.host}/team/app:1`, options) }
}

/** Options with a behaviour of `onLayer`. `began` resolves when it has been called. */
function onLayer(behavior: (layer: EnsuredLayer) => unknown) {
  let begin = (): void => undefined
  const began = new Promise<void>((resolve) => (begin = resolve))
  const mine = stage(
    (layer: EnsuredLayer) => {
      begin()
      return behavior(layer) as EnsuredLayer
    },
    { name: 'mine' },
  )
  return { began, options: { stages: (bound) => ({ onLayer: compose(bound.onLayer, mine) }) } as PullOptions }
}

/** What nobody ends before the test does. */
let release = (): void => undefined
const forever = () => new Promise<void>((resolve) => (release = resolve))

describe('a stage that never answers', () => {
  it('is named when closing does not end', async () => {
    const { began, options } = onLayer(forever)
    const { windlass, pull } = await pulling(options)
    await began
    pull.cancel()
    await expect(pull.closed({ within: 50 })).rejects.toThrow(/^Still running after 50 ms: .*mine/)
    await expect(windlass.close({ within: 50 })).rejects.toThrow(/mine/)
    release()
  })
})

describe('a stage that loses its layer', () => {
  it.each([
    ['returns nothing', () => undefined],
    ['returns an observable without values', () => EMPTY],
    ['returns an empty list', () => []],
  ])('fails the pull, which says what is missing: it %s', async (_, behavior) => {
    const { options } = onLayer(behavior)
    const { pull } = await pulling(options)
    await expect(pull.done).rejects.toMatchObject({
      code: 'STAGE_FAILED',
      message: expect.stringMatching(
        /^The layers of .*app:1: .* (?:came|did not come) out of the stages$/,
      ) as string,
    })
  })
})

describe('a policy that loses its image', () => {
  it.each([
    ['returns nothing', () => undefined],
    ['returns an empty list', () => []],
  ])('fails the pull: it %s', async (_, behavior) => {
    const mine = stage(behavior as never, { name: 'mine' }) as unknown as Stage<PlannedImage, PlannedImage>
    const { pull } = await pulling({ stages: (bound) => ({ onImage: compose(bound.onImage, mine) }) })
    await expect(pull.done).rejects.toMatchObject({ code: 'STAGE_FAILED', hint: expect.anything() as string })
  })
})

describe('a sink of entries', () => {
  it('that never reads a content delays nothing', async () => {
    let seen = 0
    const { pull } = await pulling({ onEntry: () => seen++ })
    await pull.done
    expect(seen).toBeGreaterThan(1)
  })

  it('that never returns is named when closing does not end', async () => {
    let begin = (): void => undefined
    const began = new Promise<void>((resolve) => (begin = resolve))
    const { pull } = await pulling({
      onEntry: () => {
        begin()
        return forever()
      },
    })
    await began
    pull.cancel()
    await expect(pull.closed({ within: 50 })).rejects.toThrow(/^Still running after 50 ms: .*onEntry/)
    release()
  })
})

describe('a config that is awaited with the layers of a schema 1 image', () => {
  it('fails the pull, and says where it may be awaited', async () => {
    const registry = await bench.registry()
    putSchema1(registry, signedManifest)
    const windlass = await bench.puller()
    let image: PlannedImage | undefined
    const keep = stage((planned: PlannedImage) => (image = planned), { name: 'keep' })
    const early = stage(
      async (layer: EnsuredLayer) => {
        await image!.config.value
        return layer
      },
      { name: 'early' },
    )
    const pull = windlass.pull(`${registry.host}/${repository}`, {
      stages: (bound) => ({ plan: compose(bound.plan, keep), onLayer: compose(bound.onLayer, early) }),
    })
    await expect(pull.done).rejects.toThrow(/awaited before a stage produces it/)
  })
})

describe('events', () => {
  it('that are subscribed to after the end are the state of the end', async () => {
    const { windlass, pull } = await pulling({})
    await pull.done
    await windlass.close()
    const late = await lastValueFrom(pull.events.pipe(toArray()))
    expect(late.at(-1)).toMatchObject({ type: 'end', outcome: 'done' })
  })
})
