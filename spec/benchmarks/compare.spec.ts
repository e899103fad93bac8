import { expect, it } from 'vitest'
import { compare, type CompareOptions } from '../../benchmarks/compare.js'
import type { Peer, Work } from '../../benchmarks/peers/peer.js'

const options: Omit<CompareOptions, 'work'> = {
  ...{ image: 'files', link: '', bytes: 1, reference: 'r', stores: '/', runs: 3 },
  store: 'tmpfs',
}

/** Notes what is done with it; `run` is its nth run, from 1. */
function peer(name: string, works: readonly Work[], run: (nth: number) => void = () => undefined) {
  const done: string[] = []
  let runs = 0
  const noted: Peer = {
    ...{ name, version: '1', works },
    prepare: async () => void done.push('prepare'),
    clear: async () => void done.push('clear'),
    async run(_, work) {
      done.push(work)
      run(++runs)
      return { wall: runs, cpu: 1, memory: 1 }
    },
  }
  return { noted, done }
}

it('runs each as often as asked, cold, and clears it away before the next', async () => {
  const [a, b] = [peer('a', ['unpack']), peer('b', ['fetch'])]
  const { contenders, failed } = await compare([a.noted, b.noted], { ...options, work: 'unpack' })
  expect(a.done).toEqual(new Array(3).fill(['prepare', 'unpack', 'clear']).flat())
  expect(b.done).toEqual([])
  expect(contenders).toMatchObject([{ name: 'a', wall: { median: 2, least: 1, most: 3, runs: 3 } }])
  expect(failed).toEqual([])
})

it('fills the store before it measures a pull of what is up to date', async () => {
  const { noted, done } = peer('a', ['again'])
  const fetched = peer('b', ['again'])
  const filledByFetch: Peer = { ...fetched.noted, filledBy: 'fetch' }
  const { contenders } = await compare([noted, filledByFetch], { ...options, work: 'again', runs: 1 })
  expect(done).toEqual(['prepare', 'unpack', 'again', 'clear'])
  expect(fetched.done).toEqual(['prepare', 'fetch', 'again', 'clear'])
  expect(contenders).toMatchObject([{ wall: { median: 2, runs: 1 } }, { wall: { median: 2, runs: 1 } }])
})

it('tries one that fails once more, and names who fails again, without a result', async () => {
  const fail = (message: string) => (nth: number) => {
    if (message === 'always' || nth === 2) throw new Error(message)
  }
  const peers = [peer('never', ['fetch']), peer('once', ['fetch'], fail('once'))]
  const always = peer('always', ['fetch'], fail('always'))
  const { contenders, failed } = await compare([...peers.map(({ noted }) => noted), always.noted], {
    ...options,
    work: 'fetch',
  })
  expect(contenders.map(({ name, wall }) => [name, wall.runs])).toEqual([
    ['never', 3],
    ['once', 3],
  ])
  expect(failed).toEqual([{ name: 'always', reason: 'always' }])
  expect(always.done).toEqual(['prepare', 'fetch', 'clear', 'prepare', 'fetch', 'clear'])
})
