import { describe, expect, it, vi } from 'vitest'
import { pullHandlers } from '../../../server/api/pulls.js'
import type { PullBook } from '../../../server/pulls/pull-book.js'

const entry = (id: string) => ({ record: { id }, watched: { id, events: [] } })

function handlersOf() {
  const entries = [entry('a'), entry('b')]
  const calls: unknown[][] = []
  const called =
    (name: string) =>
    (...values: unknown[]) => {
      calls.push([name, ...values])
      return entry('changed')
    }
  const book = {
    entries,
    ...Object.fromEntries(
      ['start', 'change', 'cancel', 'again', 'retryNow'].map((name) => [name, called(name)]),
    ),
    get: vi.fn((id: string) => entry(id)),
    clear: vi.fn(() => void entries.splice(0, 1)),
  }
  const handlers = pullHandlers(book as unknown as PullBook)
  const call = (name: keyof typeof handlers, body?: object) =>
    (handlers[name] as (call: object) => unknown)({ params: { id: 'a' }, body })
  return { call, calls }
}

describe('the pulls of the API', () => {
  it('are listed, and what is left after those that have ended were removed', () => {
    const { call } = handlersOf()
    expect(call('listPulls')).toEqual([{ id: 'a' }, { id: 'b' }])
    expect(call('clearPulls')).toEqual([{ id: 'b' }])
    expect(call('listPulls')).toEqual([{ id: 'b' }])
  })

  it('are shown one by one with what a late watcher needs', () => {
    expect(handlersOf().call('getPull')).toEqual({ id: 'a', events: [] })
  })

  it('are started and changed, each answer with the record', () => {
    const { call, calls } = handlersOf()
    const [order, change] = [{ image: 'app' }, { paused: true }]
    const answers = [
      call('startPull', order),
      call('changePull', change),
      ...(['cancelPull', 'pullAgain', 'retryNow'] as const).map((name) => call(name)),
    ]
    expect(answers).toEqual(answers.map(() => ({ id: 'changed' })))
    expect(calls).toEqual([
      ['start', order],
      ['change', 'a', change],
      ['cancel', 'a'],
      ['again', 'a'],
      ['retryNow', 'a'],
    ])
  })
})
