import { describe, expect, it } from 'vitest'
import { GroupShares } from '../../../../lib/flow/actors/group-shares.js'
import { ServedByHand } from '../../../support/served-by-hand.js'

const [large, small] = [{}, {}]

describe('shares of groups', () => {
  it('put the group with the fewest letters in service first, in the order of its letters', () => {
    const shares = new GroupShares()
    const letters = [large, small, large, small].map((group, at) => ({ group, at }))
    expect(shares.selectNext(letters)).toEqual(letters) // neither was served
    shares.begin(large)
    expect(shares.selectNext(letters).map(({ at }) => at)).toEqual([1, 3])
    shares.begin(small)
    shares.begin(small)
    expect(shares.selectNext(letters).map(({ at }) => at)).toEqual([0, 2])
  })

  it('put the group first that was served longest ago, if none has fewer in service', () => {
    const shares = new GroupShares()
    const letters = [{ group: large }, { group: small }, {}]
    for (const group of [small, undefined, large]) {
      shares.begin(group)
      shares.end(group)
    }
    expect(shares.selectNext(letters)).toEqual([{ group: small }])
  })

  it('treat letters without a group as one group', () => {
    const shares = new GroupShares()
    shares.begin()
    expect(shares.selectNext([{}, { group: undefined }, { group: large }])).toEqual([{ group: large }])
  })
})

describe('an actor with groups', () => {
  const group = (message: string): object => (message < 'm' ? large : small)

  it('gives the next free slot to the group that has none, however many letters of another group wait', () => {
    const served = new ServedByHand({ slots: 2, group })
    served.askAll('abcdef')
    served.askAll('xyz')
    served.end('ax')
    served.end('byc')
    expect(served.started.join('')).toBe('abxyczd')
  })

  it('serves the groups in turn when it has one slot', () => {
    const served = new ServedByHand({ group })
    served.askAll('abcd')
    served.askAll('xy')
    served.end('axbyc')
    expect(served.started.join('')).toBe('axbycd')
  })

  it('serves letters of a higher priority first, regardless of their group', () => {
    const served = new ServedByHand({ group })
    served.askAll('ab')
    served.ask('x')
    served.ask('c', { priority: 1 })
    served.end('acxb')
    expect(served.started.join('')).toBe('acxb')
  })

  it('does not count a letter that waits for its retry', () => {
    const served = new ServedByHand({ slots: 2, group, supervise: () => ({ retry: 1_000 }) })
    served.askAll('ax')
    served.askAll('by')
    served.fail('a')
    expect(served.started.join('')).toBe('axb')
    served.actor.stop()
  })

  it('fails the request whose group throws, and no other', () => {
    const served = new ServedByHand({
      group: (message) => {
        if (message === 'b') throw new Error('no group')
        return large
      },
    })
    served.askAll('abc')
    served.end('ac')
    expect(served.received).toEqual(['b: no group', 'a', 'c'])
  })
})
