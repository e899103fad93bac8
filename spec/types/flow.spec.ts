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
import type { Descriptor, Digest } from '../../lib/image/index.js'

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
    expectTypeOf(stage((each: number) => each > 1)).toEqualTypeOf<Stage<number, boolean>>()
    expectTypeOf(stage(async (each: number) => each > 1)).toEqualTypeOf<Stage<number, boolean>>()
    expectTypeOf(stage((each: number) => of(each > 1))).toEqualTypeOf<Stage<number, boolean>>()
    expectTypeOf(stage((each: number) => Flow.of(each > 1))).toEqualTypeOf<Stage<number, boolean>>()
    expectTypeOf(stage((each: number) => [String(each)])).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(stage((each: number) => new Set([each]))).toEqualTypeOf<Stage<number, number>>()
    const generated = stage(async function* (each: number) {
      yield each
      yield String(each)
    })
    expectTypeOf(generated).toEqualTypeOf<Stage<number, string | number>>()
    expectTypeOf(layersOf).toEqualTypeOf<Stage<Image, string>>()
    expectTypeOf(lift(map((each: number) => String(each)))).toEqualTypeOf<Stage<number, string>>()
  })

  it('a behaviour that answers in several ways has the values of all of them', () => {
    const mixed = stage((each: number) => {
      if (each === 0) return undefined
      return each > 1 ? of(each) : Promise.resolve(each)
    })
    expectTypeOf(mixed).toEqualTypeOf<Stage<number, number | undefined>>()
  })

  it('a string is one value', () => {
    expectTypeOf(stage((each: number) => String(each))).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(stage(async (each: number) => String(each))).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(stage((each: Image) => each.kind)).toEqualTypeOf<Stage<Image, 'image'>>()
    expectTypeOf(stage((each: Descriptor) => each.digest)).toEqualTypeOf<Stage<Descriptor, Digest>>()
    expectTypeOf(stage((each: Descriptor) => Flow.of(each.digest))).toEqualTypeOf<Stage<Descriptor, Digest>>()
    const mixed = stage((each: number) => (each > 1 ? String(each) : each))
    expectTypeOf(mixed).toEqualTypeOf<Stage<number, string | number>>()
  })

  it('a behaviour keeps to the types that are stated', () => {
    expectTypeOf(stage<number, string>((each) => String(each))).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(stage<number, string>((each) => Flow.of(String(each)))).toEqualTypeOf<
      Stage<number, string>
    >()
    // @ts-expect-error the behaviour returns numbers
    stage<number, string>((each) => each)
    // @ts-expect-error the behaviour returns a flow of numbers
    stage<number, string>((each) => Flow.of(each))
    // @ts-expect-error the behaviour returns a promise of a number
    stage<number, string>(async (each) => each)
  })

  it('through has the types of what it asks, and its options', () => {
    const ask = (url: string): Observable<number> => of(url.length)
    expectTypeOf(through(ask)).toEqualTypeOf<Stage<string, number>>()
    expectTypeOf(through((each: Image, scope) => of({ each, scope }))).toEqualTypeOf<
      Stage<Image, { each: Image; scope: Scope }>
    >()
    // @ts-expect-error only an observable is asked
    through((url: string) => url.length)
    // @ts-expect-error there is no such order
    through(ask, { order: 'random' })
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

  it('pipe and compose take as many stages as a line has, or none', () => {
    const add = lift(map((each: number) => each + 1))
    const text = lift(map((each: number) => String(each)))
    const numbers = Flow.of(1)
    expectTypeOf(numbers.pipe()).toEqualTypeOf<Flow<number>>()
    expectTypeOf(compose<number>()).toEqualTypeOf<Stage<number, number>>()
    expectTypeOf(compose(text)).toEqualTypeOf<Stage<number, string>>()
    expectTypeOf(numbers.pipe(add, add, add, add, add, add, add, text)).toEqualTypeOf<Flow<string>>()
    expectTypeOf(compose(add, add, add, add, add, add, add, text)).toEqualTypeOf<Stage<number, string>>()
    // @ts-expect-error text is not the last
    numbers.pipe(add, add, add, add, add, add, text, add)
    // @ts-expect-error text is not the last
    compose(add, add, add, add, add, add, text, add)
  })

  it('a stage takes less than it was made for, and gives more', () => {
    const kindOf: Stage<{ readonly kind: string }, string> = stage(({ kind }) => kind)
    expectTypeOf(compose(resolve, kindOf)).toEqualTypeOf<Stage<Reference, string>>()
    // @ts-expect-error the stage wants more than it is given
    compose(kindOf, resolve)
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
