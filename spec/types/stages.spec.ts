/** What the types of stages let through; checked by the compiler, so the bodies hardly run. */
import { expectTypeOf } from 'expect-type'
import { of } from 'rxjs'
import { describe, it } from 'vitest'
import {
  type Behavior,
  Flow,
  type Scope,
  type Stage,
  type Turn,
  compose,
  keep,
  stage,
} from '../../lib/flow/index.js'
import type { Digest } from '../../lib/image/index.js'
import type { PullEventBody } from '../../lib/events/index.js'
import {
  type EnsuredLayer,
  type ImageRequest,
  type PlannedImage,
  type PulledImage,
  pullStage,
} from '../../lib/stages/index.js'
import { type PullStages, pull } from '../../pipelines/index.js'

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

  it('take a behaviour that returns a value, a promise, an observable, a flow or a list', () => {
    type Named = Stage<ImageRequest, string>
    expectTypeOf(pullStage((image: ImageRequest) => image)).toEqualTypeOf<Stage<ImageRequest, ImageRequest>>()
    expectTypeOf(pullStage((image: ImageRequest) => image.name)).toEqualTypeOf<Named>()
    expectTypeOf(pullStage(async (image: ImageRequest) => image.name)).toEqualTypeOf<Named>()
    expectTypeOf(pullStage((image: ImageRequest) => of(image.name))).toEqualTypeOf<Named>()
    expectTypeOf(pullStage((image: ImageRequest) => Flow.of(image.name))).toEqualTypeOf<Named>()
    expectTypeOf(pullStage((image: ImageRequest) => [image.name, image.typed])).toEqualTypeOf<Named>()
  })

  it('take a string as one value', () => {
    expectTypeOf(pullStage((image: ImageRequest) => image.digest)).toEqualTypeOf<
      Stage<ImageRequest, Digest | undefined>
    >()
    expectTypeOf(pullStage(async (image: ImageRequest) => image.digest)).toEqualTypeOf<
      Stage<ImageRequest, Digest | undefined>
    >()
  })

  it('let supervisors of a stage of a pull know its element', () => {
    pullStage((image: ImageRequest) => image, {
      supervise: ({ message }) => (message.name === 'app' ? 'skip' : 'fail'),
    })
    pullStage((image: ImageRequest) => image, {
      // @ts-expect-error -- an image has no such field
      supervise: ({ message }) => (message.nmae === 'app' ? 'skip' : 'fail'),
    })
  })

  it('fit into the line of a pull, and no others', () => {
    const stages = {} as PullStages
    expectTypeOf(pull).returns.toEqualTypeOf<Stage<ImageRequest, PulledImage>>()
    const report = pullStage((image: PlannedImage) => image)
    expectTypeOf({ ...stages, plan: compose(stages.plan, report) }).toExtend<PullStages>()
    expectTypeOf({ ...stages, resolve: report }).not.toExtend<PullStages>()
    expectTypeOf({ ...stages, onLayer: keep<EnsuredLayer>(() => true) }).toExtend<PullStages>()
  })
})
