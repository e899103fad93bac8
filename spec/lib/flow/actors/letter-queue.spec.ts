import { Observable, type Subscriber } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ProtocolError, Scope } from '../../../../lib/flow/index.js'
import type { Letter, Priority } from '../../../../lib/flow/actors/letter.js'
import { LetterQueue } from '../../../../lib/flow/actors/letter-queue.js'
import { ServedByHand } from '../../../support/served-by-hand.js'

const scope = new Scope()

function letter(
  message: string,
  priority?: Priority,
  attempt = 1,
): Letter<string, never> & { errors: unknown[] } {
  const errors: unknown[] = []
  let requester!: Subscriber<never>
  new Observable<never>((out) => {
    requester = out
  }).subscribe({ error: (error: unknown) => errors.push(error) })
  return { message, requester, scope, priority, attempt, errors }
}

/** Returns the messages in the order in which `take` returns them. */
function taken(queue: LetterQueue<string, never>): string {
  let order = ''
  for (let each = queue.take(); each !== undefined; each = queue.take()) order += each.message
  return order
}

describe('a queue of letters', () => {
  it('returns undefined when it is empty', () => {
    expect(new LetterQueue('actor').take()).toBeUndefined()
  })

  it('is first in, first out', () => {
    const queue = new LetterQueue<string, never>('actor')
    for (const each of 'abc') queue.add(letter(each))
    expect(queue.size).toBe(3)
    expect(taken(queue)).toBe('abc')
    expect(queue.size).toBe(0)
  })

  it('puts retried letters before the others, in the order in which they came back', () => {
    const queue = new LetterQueue<string, never>('actor')
    for (const each of [letter('a'), letter('b', undefined, 2), letter('c'), letter('d', undefined, 5)])
      queue.add(each)
    expect(queue.letters.map(({ message }) => message)).toEqual(['b', 'd', 'a', 'c'])
    expect(taken(queue)).toBe('bdac')
  })

  it('serves higher priorities first, and keeps the order of equal ones', () => {
    const queue = new LetterQueue<string, never>('actor')
    const letters = [letter('a'), letter('b', 1), letter('c', -Infinity), letter('d', 1), letter('e', 0)]
    for (const each of [...letters, letter('f', 1, 2), letter('g', Infinity), letter('h', undefined, 2)])
      queue.add(each)
    expect(taken(queue)).toBe('gfbdhaec')
  })

  it('reads a priority whenever a letter is taken', () => {
    let urgent = 'b'
    const queue = new LetterQueue<string, never>('actor')
    for (const each of 'abcd') queue.add(letter(each, () => (each === urgent ? 1 : 0)))
    const order = [queue.take()!.message]
    urgent = 'd'
    expect([...order, taken(queue)]).toEqual(['b', 'dac'])
  })

  it('reads no priorities if no letter has one, and none of removed letters', () => {
    let reads = 0
    const queue = new LetterQueue<string, never>('actor')
    const urgent = letter('a', () => ++reads)
    for (const each of [urgent, letter('b'), letter('c')]) queue.add(each)
    expect([queue.remove(urgent), queue.remove(urgent)]).toEqual([true, false])
    expect([taken(queue), reads]).toEqual(['bc', 0])
  })

  it('removes letters at any index, retried ones too', () => {
    const queue = new LetterQueue<string, never>('actor')
    const letters = [
      letter('a'),
      letter('b'),
      letter('c'),
      letter('d', undefined, 2),
      letter('e', undefined, 3),
    ]
    for (const each of letters) queue.add(each)
    for (const at of [1, 4]) expect(queue.remove(letters[at]!)).toBe(true)
    expect(queue.remove(letter('a'))).toBe(false)
    expect([queue.size, taken(queue)]).toEqual([3, 'dac'])
  })

  it('calls `pick` with the letters of the highest priority, in their order, if there are several', () => {
    const asked: string[] = []
    const queue = new LetterQueue<string, never>('actor', (waiting) => {
      asked.push(waiting.join(''))
      return waiting.length - 1
    })
    for (const each of [letter('a'), letter('b', 2), letter('c', 2), letter('d', 2, 2), letter('e')])
      queue.add(each)
    expect([taken(queue), asked]).toEqual(['cbdea', ['dbc', 'db', 'ae']])
  })

  it.each([-1, 2, 0.5, NaN])('throws when `pick` returns %d for two letters, and keeps both', (at) => {
    const queue = new LetterQueue<string, never>('actor', () => at)
    for (const each of 'ab') queue.add(letter(each))
    expect(() => queue.take()).toThrow(
      new ProtocolError('actor', `pick returned ${at}, which is no index of 2 letters`),
    )
    expect(queue.size).toBe(2)
  })

  it('removes a letter whose priority throws or is not a number, and fails its request', () => {
    const queue = new LetterQueue<string, never>('actor')
    const broken = letter('a', () => {
      throw new Error('broken')
    })
    const odd = letter('b', NaN)
    for (const each of [broken, odd, letter('c')]) queue.add(each)
    expect([taken(queue), queue.size]).toEqual(['c', 0])
    expect(broken.errors).toEqual([new Error('broken')])
    expect(odd.errors).toEqual([new ProtocolError('actor', 'a priority must be a number, not NaN')])
  })

  it('takes the next letter if the first one is removed while priorities are read', () => {
    const queue = new LetterQueue<string, never>('actor')
    const highest = letter('a', 5)
    const last = letter('b', () => {
      queue.remove(highest)
      return 1
    })
    for (const each of [highest, letter('c', 2), last]) queue.add(each)
    expect(taken(queue)).toBe('cb')
  })
})

describe('the priority of a letter', () => {
  it('decides which letter goes first; equal ones go in the order of their requests; the default is 0', () => {
    const served = new ServedByHand()
    served.ask('x')
    served.askAll('ab')
    served.askAll('cd', { priority: 2 })
    served.askAll('e', { priority: -1 })
    served.askAll('f', { priority: 0 })
    served.askAll('g', { priority: 2 })
    served.end('xcdgabfe')
    expect(served.started).toEqual(['x', 'c', 'd', 'g', 'a', 'b', 'f', 'e'])
  })

  it('is read when a slot is free, so it may change while a letter waits', () => {
    const priority = { a: 0, b: 1 }
    const served = new ServedByHand()
    served.ask('x')
    served.askAll('cd', { priority: () => priority.a })
    served.askAll('ef', { priority: () => priority.b })
    served.end('x')
    priority.a = 5
    served.end('e')
    priority.a = 1
    served.end('c')
    served.end('d')
    expect(served.started).toEqual(['x', 'e', 'c', 'd', 'f'])
  })

  it('also applies to a retry, which goes before letters of the same priority only', () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const served = new ServedByHand({ supervise: () => ({ retry: 1 }) })
    served.ask('a', { priority: 1 })
    served.askAll('x', { priority: 3 })
    served.fail('a')
    served.askAll('bc', { priority: 1 })
    served.ask('d', { priority: 2 })
    served.ask('e')
    vi.advanceTimersByTime(2)
    served.end('xdabc')
    expect(served.started).toEqual(['a', 'x', 'd', 'a2', 'b', 'c', 'e'])
  })

  it.each([
    { name: 'lets it wait as long as higher ones come', rise: 0, order: '12345l' },
    { name: 'lets it go before higher ones once it has risen above theirs', rise: 4, order: '123l45' },
  ])('$name', ({ rise, order }) => {
    let time = 0
    const served = new ServedByHand()
    served.ask('x')
    served.ask('l', { priority: () => time * rise })
    served.askAll('12345', { priority: 10 })
    for (; time < 6; time++) served.end(served.started.at(-1)!)
    expect(served.started.join('')).toBe(`x${order}`)
  })

  it('lets `pick` choose among the letters of the highest priority', () => {
    const seen: string[] = []
    const pick = (waiting: readonly string[]): number => {
      seen.push(waiting.join(''))
      return waiting.length - 1
    }
    const served = new ServedByHand({ pick })
    served.ask('x')
    served.askAll('ab')
    served.askAll('cde', { priority: 1 })
    for (const message of 'xedcb') served.end(message)
    expect(served.started).toEqual(['x', 'e', 'd', 'c', 'b', 'a'])
    expect(seen).toEqual(['cde', 'cd', 'ab']) // not called for one
  })

  it('fails only its own letter if it throws or is not a number', () => {
    const served = new ServedByHand()
    const throws = (): number => {
      throw new Error('broken')
    }
    served.ask('x')
    served.ask('a', { priority: NaN })
    served.ask('b', { priority: throws })
    served.ask('c')
    served.ask('d', { priority: () => 'high' as unknown as number })
    served.end('xc')
    served.ask('e', { priority: throws })
    served.ask('f', { priority: 1 })
    served.end('f')
    expect(served.started).toEqual(['x', 'c', 'f'])
    expect(served.received).toEqual([
      ...['x', 'a: by hand: a priority must be a number, not NaN', 'b: broken'],
      ...['d: by hand: a priority must be a number, not high', 'c', 'e: broken', 'f'],
    ])
    expect(served.actor.load).toEqual({ active: 0, waiting: 0 })
  })
})
