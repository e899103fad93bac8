/** What the types of lib/flow let through and what they infer; checked by the compiler, so the bodies hardly run. */
import { expectTypeOf } from 'expect-type'
import { type Observable, map, of } from 'rxjs'
import { describe, it } from 'vitest'
import {
  Actor,
  Flow,
  type FlowEvent,
  Scope,
  SingleFlight,
  type Stage,
  branch,
  compose,
  expand,
  keep,
  lift,
  retrying,
  stage,
  through,
} from '../../lib/flow/index.js'

interface Reference {
  readonly kind: 'reference'
}
interface Index {
  readonly kind: 'index'
}
interface Image {
  readonly kind: 'image'
  readonly layers: readonly string[]
}

const resolve = stage(async (reference: Reference): Promise<Index | Image> => ({
  ...reference,
  kind: 'index',
}))
const layersOf = expand((image: Image) => Flow.from(image.layers))

describe('types of lib/flow', () => {
  it('a stage has the types of its behaviour, whichever way it answers', () => {
    expectTypeOf(resolve).toEqualTypeOf<Stage<Reference, Index | Image>>()
    expectTypeOf(stage((each: number) => [String(each)])).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(stage((each: number) => of(each > 1))).toEqualTypeOf<Stage<number, boolean>>()
    expectTypeOf(layersOf).toEqualTypeOf<Stage<Image, string>>()
    expectTypeOf(lift(map((each: number) => String(each)))).toEqualTypeOf<Stage<number, string>>()
  })

  it('keep narrows', () => {
    const images = keep((each: Index | Image): each is Image => each.kind === 'image')
    expectTypeOf(images).toEqualTypeOf<Stage<Index | Image, Image>>()
    expectTypeOf(keep((each: number) => each > 1)).toEqualTypeOf<Stage<number, number>>()
  })

  it('pipe and compose follow the types through', () => {
    const images = keep((each: Index | Image): each is Image => each.kind === 'image')
    const references = Flow.of<Reference>({ kind: 'reference' })
    expectTypeOf(references.pipe(resolve, images, layersOf)).toEqualTypeOf<Flow<string>>()
    expectTypeOf(compose(resolve, images, layersOf)).toEqualTypeOf<Stage<Reference, string>>()
    // @ts-expect-error what comes out of one stage must fit the next
    references.pipe(resolve, layersOf)
    // @ts-expect-error what comes out of one stage must fit the next
    compose(images, resolve)
  })

  it('a behaviour written in place knows its element from the stage before', () => {
    const flow = Flow.of('a', 'b').pipe(
      stage((each) => [each.length]),
      expand((each) => Flow.of(each > 1)),
      keep((each) => each),
    )
    expectTypeOf(flow).toEqualTypeOf<Flow<boolean>>()
  })

  it('branch needs a case for each key, and gives what its cases give', () => {
    const toImage: Stage<Index | Image, Image> = stage(() => [])
    const asIs: Stage<Index | Image, Image> = keep((each): each is Image => each.kind === 'image')
    const byKind = branch((each: Index | Image) => each.kind, { index: toImage, image: asIs })
    expectTypeOf(byKind).toEqualTypeOf<Stage<Index | Image, Image>>()
    // @ts-expect-error there is no case for an image
    branch((each: Index | Image) => each.kind, { index: toImage })
    const mixed = branch((each: number) => (each > 1 ? 'text' : 'flag'), {
      text: stage((each: number) => [String(each)]),
      flag: stage((each: number) => [each > 1]),
    })
    expectTypeOf(mixed).toEqualTypeOf<Stage<number, string | boolean>>()
  })

  it('actors and flights carry the types of message and reply', () => {
    const actor = new Actor(() => async (url: string) => url.length, { name: 'download' })
    expectTypeOf(actor).toEqualTypeOf<Actor<string, number>>()
    expectTypeOf(actor.ask('x')).toEqualTypeOf<Observable<number>>()
    expectTypeOf(through(actor.ask, { slots: 3 })).toEqualTypeOf<Stage<string, number>>()
    const flights = new SingleFlight<string, number>()
    expectTypeOf(
      through((url: string, scope) => flights.join(url, () => actor.ask(url), scope)),
    ).toEqualTypeOf<Stage<string, number>>()
  })

  it('supervisors know the message, and a general one fits any actor', () => {
    stage((each: Image) => [each.layers.length], {
      supervise: ({ message }) => (message.layers.length > 1 ? { retry: 5 } : 'fail'),
    })
    stage((each: Image) => [each], { supervise: retrying({ times: 2 }) })
    // @ts-expect-error there is no such verdict
    stage((each: Image) => [each], { supervise: () => 'ignore' })
  })

  it('flows and stages are what they give and less than what they take', () => {
    expectTypeOf<Flow<'a'>>().toExtend<Flow<string>>()
    expectTypeOf<Flow<string>>().not.toExtend<Flow<'a'>>()
    expectTypeOf<Stage<string, 'a'>>().toExtend<Stage<'b', string>>()
  })

  it('an event is anything with a type', () => {
    expectTypeOf<{ type: 'files'; files: number }>().toExtend<FlowEvent>()
    const scope = new Scope()
    scope.emit({ type: 'files', files: 3 })
    // @ts-expect-error an event says what it is
    expectTypeOf((): void => scope.emit({ files: 3 })).toBeFunction()
  })
})
