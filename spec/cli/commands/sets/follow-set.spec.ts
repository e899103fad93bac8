/** The display of a set of pulls, and the callbacks for their results. */
import { describe, expect, it } from 'vitest'
import { followSet } from '../../../../cli/commands/sets/follow-set.js'
import { setByHand, testConsole } from '../../../support/cli/set-by-hand.js'

const ignore = { onPulled: () => Promise.resolve(), onFailed: () => Promise.resolve() }
const quiet = { progress: 'none' } as const
const plain = { progress: 'plain' } as const
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('a set of pulls', () => {
  it('has callbacks in the order of the starts, each of which is waited for, and its result after them', async () => {
    const set = setByHand<string>()
    const calls: string[] = []
    let answer = (): void => undefined
    const following = followSet(set, quiet, testConsole(), {
      onPulled: ({ name }) => {
        calls.push(`pulled ${name}`)
        return new Promise<void>((resolve) => (answer = resolve))
      },
      onFailed: (error, { name }) => {
        calls.push(`failed ${name}: ${(error as Error).message}`)
        return Promise.resolve()
      },
    }).then((result) => calls.push(result))
    const [one, two] = [set.start('one'), set.start('two')]
    two.fail(new Error('no'))
    await settle()
    expect(calls).toEqual([])
    one.succeed()
    set.end('the result')
    await settle()
    expect(calls).toEqual(['pulled one'])
    answer()
    await following
    expect(calls).toEqual(['pulled one', 'failed two: no', 'the result'])
    expect(set.calls).toEqual(['closed'])
  })

  it('may have no pull', async () => {
    const set = setByHand<string>()
    const following = followSet(set, quiet, testConsole(), ignore)
    set.end('nothing')
    expect(await following).toBe('nothing')
  })

  it('is cancelled by a callback that fails, and fails with its error', async () => {
    const set = setByHand<string>()
    const full = new Error('the disk is full')
    const following = followSet(set, quiet, testConsole(), {
      ...ignore,
      onPulled: () => Promise.reject(full),
    })
    set.start('one').succeed()
    await expect(following).rejects.toBe(full)
    expect(set.calls).toEqual(['cancel', 'closed'])
    expect(set.reasons).toEqual([full])
  })

  it('fails with its own error after its pulls have closed', async () => {
    const set = setByHand<string>()
    const following = followSet(set, quiet, testConsole(), ignore)
    set.fail(new Error('no tags'))
    await expect(following).rejects.toThrow('no tags')
    expect(set.calls).toEqual(['closed'])
  })

  it.each(['ends', 'fails', 'has a callback that fails'])(
    'leaves a terminal alone when it %s',
    async (how) => {
      const set = setByHand<string>()
      const terminal = testConsole()
      Object.assign(terminal.stderr, { isTTY: true, columns: 80, rows: 24 })
      const onPulled = () => (how.includes('callback') ? Promise.reject(new Error('no')) : Promise.resolve())
      const following = followSet(set, { progress: 'tty' }, terminal, { ...ignore, onPulled })
      const one = set.start('one')
      expect(terminal.stderr.listenerCount('resize')).toBe(1)
      one.succeed()
      if (how === 'ends') set.end('done')
      if (how === 'fails') set.fail(new Error('no'))
      await following.catch(() => undefined)
      expect(terminal.stderr.listenerCount('resize')).toBe(0)
    },
  )

  it('names each pull in its lines, unless there is only one', async () => {
    for (const several of [true, false]) {
      const set = setByHand<string>()
      const terminal = testConsole()
      const following = followSet(set, plain, terminal, ignore, { several })
      const pull = set.start('one')
      pull.events.next({ version: 1, pull: 'p', seq: 1, time: '', type: 'paused' } as never)
      pull.succeed()
      set.end('done')
      await following
      expect(terminal.err.split('\n')[0]).toBe(several ? '[one] Paused' : 'Paused')
    }
  })
})
