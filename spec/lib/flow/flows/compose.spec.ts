import { lastValueFrom, map, toArray } from 'rxjs'
import { expect, it } from 'vitest'
import { Flow, type Stage, compose, lift } from '../../../../lib/flow/index.js'

const add = (letter: string): Stage<string, string> => lift(map((text: string) => text + letter))
const through = (stage: Stage<string, string>): Promise<string[]> =>
  lastValueFrom(Flow.of('x', 'y').pipe(stage).toObservable().pipe(toArray()))

it('combines stages in their order', async () => {
  const [a, b, c, d] = [add('a'), add('b'), add('c'), add('d')]
  expect(await through(compose(a, b))).toEqual(['xab', 'yab'])
  expect(await through(compose(a, b, c, d, a, b, c, d))).toEqual(['xabcdabcd', 'yabcdabcd'])
  expect(await through(compose(compose(a, b), compose(c, d)))).toEqual(['xabcd', 'yabcd'])
})

it('without stages returns a stage that changes nothing', async () => {
  expect(await through(compose())).toEqual(['x', 'y'])
})
