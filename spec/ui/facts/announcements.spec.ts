/** What a screen reader is told. */
import { expect, it } from 'vitest'
import { Announcer } from '../../../ui/facts/announcements.js'
import { pullOf } from '../pull-state.js'

const pull = (id: string, state: 'running' | 'paused' | 'done' | 'failed', snapshot = {}) =>
  pullOf(id, { record: { state }, snapshot })

/** Everything that is said, as fast as it is. */
function all(announcer: Announcer): string[] {
  const said: string[] = []
  for (let now = 0; now < 10; now++) {
    const sentence = announcer.next(now * 10_000)
    if (sentence !== undefined) said.push(sentence)
  }
  return said
}

it('says nothing of what was there before, and each change of a pull once', () => {
  const announcer = new Announcer()
  announcer.observe([pull('a', 'running')], 'The network holds the line.')
  announcer.observe([pull('a', 'running')], 'The network holds the line.')
  expect(all(announcer)).toEqual([])
  const error = { code: 'STORE_FULL', message: 'full' }
  announcer.observe([pull('a', 'failed', { error }), pull('b', 'running')], 'The network holds the line.')
  announcer.observe([pull('a', 'failed', { error }), pull('b', 'running')], 'All done.')
  expect(all(announcer)).toEqual(['The pull of a:1 failed: disk full.', 'The pull of b:1 runs.', 'All done.'])
})

it('says a pull again that was removed and came back', () => {
  const announcer = new Announcer()
  announcer.observe([pull('a', 'done')], '')
  announcer.observe([], '')
  announcer.observe([pull('a', 'done')], '')
  expect(all(announcer)).toEqual(['The pull of a:1 is done.'])
})

it('says one sentence in ten seconds, and of many the last four, each once', () => {
  const announcer = new Announcer()
  for (const sentence of ['one', 'two', 'three', 'four', 'two', 'five']) announcer.say(sentence)
  expect(announcer.next(0)).toBe('three')
  expect(announcer.next(9_999)).toBeUndefined()
  expect([10_000, 20_000, 30_000, 40_000].map((now) => announcer.next(now))).toEqual([
    ...['four', 'two', 'five', undefined],
  ])
})

it('answers the user at once, and drops what waited', () => {
  const announcer = new Announcer()
  announcer.say('one')
  expect(announcer.next(0)).toBe('one')
  announcer.say('two')
  announcer.answer('Copied.')
  expect([announcer.next(1), announcer.next(20_000)]).toEqual(['Copied.', undefined])
})
