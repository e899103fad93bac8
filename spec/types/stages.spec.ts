/** What the types of stages let through; checked by the compiler, so the bodies hardly run. */
import { expectTypeOf } from 'expect-type'
import { describe, it } from 'vitest'
import { type Behavior, type Scope, type Stage, type Turn, stage } from '../../lib/flow/index.js'
import type { PullEventBody } from '../../lib/events/index.js'
import { type ImageRequest, pullStage } from '../../lib/stages/index.js'

const digest = `sha256:${'a'.repeat(64)}`

describe('types of stages', () => {
  it('let a stage of a pull emit the events of a pull and no others', () => {
    pullStage((image: ImageRequest, turn) => {
      turn.emit({ type: 'layer', digest, status: 'complete', current: 1, total: 1 })
      // @ts-expect-error -- the name of the field is wrong
      turn.emit({ type: 'layer', digets: digest, status: 'complete', current: 1, total: 1 })
      // @ts-expect-error -- there is no such status
      turn.emit({ type: 'layer', digest, status: 'done', current: 1, total: 1 })
      // @ts-expect-error -- a pull has no such event
      turn.emit({ type: 'tick' })
      turn.scope.emit({ type: 'warning', code: 'a', message: 'b' })
      // @ts-expect-error -- the scope takes the same events
      turn.scope.emit({ type: 'warning', message: 'b' })
      return image
    })
  })

  it('type the side channel by the event of a turn and of a scope', () => {
    type Tick = { readonly type: 'tick'; readonly at: number }
    expectTypeOf<Parameters<Turn<Tick>['emit']>[0]>().toEqualTypeOf<Tick>()
    expectTypeOf<Turn<Tick>['scope']>().toEqualTypeOf<Scope<Tick>>()
    expectTypeOf<Turn['emit']>().parameter(0).toExtend<{ readonly type: string }>()
    stage((each: number, turn: Turn<Tick>) => {
      // @ts-expect-error -- `at` is missing
      turn.emit({ type: 'tick' })
      return each
    })
    expectTypeOf<Behavior<string, number, PullEventBody>>().parameter(1).toEqualTypeOf<Turn<PullEventBody>>()
  })

  it('take a behaviour that returns a value, a promise or several values', () => {
    expectTypeOf(pullStage((image: ImageRequest) => image)).toEqualTypeOf<Stage<ImageRequest, ImageRequest>>()
    expectTypeOf(pullStage((image: ImageRequest) => image.name)).toEqualTypeOf<Stage<ImageRequest, string>>()
    expectTypeOf(pullStage(async (image: ImageRequest) => image.name)).toEqualTypeOf<
      Stage<ImageRequest, string>
    >()
    expectTypeOf(pullStage((image: ImageRequest) => [image.name, image.typed])).toEqualTypeOf<
      Stage<ImageRequest, string>
    >()
  })
})
