import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeEvent, encodeEvent, PullEventLog, type PullEvent } from '../../../lib/events/index.js'
import { bodies } from './events.arbitrary.js'

const line = (change: object): string =>
  JSON.stringify({ version: 1, pull: 'p', seq: 1, time: '2026-01-01T00:00:00.000Z', ...change })

describe('the line codec', () => {
  it('decodes every event from the line that it was encoded to', () => {
    fc.assert(
      fc.property(bodies, (all) => {
        const channel = new PullEventLog()
        const events: PullEvent[] = []
        channel.events.subscribe((event) => events.push(event))
        for (const body of all) channel.emit(body)
        const lines = events.map(encodeEvent)
        expect(lines.join('').includes('\n')).toBe(false)
        expect(lines.map(decodeEvent)).toEqual(events)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps a line feed inside of a message in the line', () => {
    const event = decodeEvent(line({ type: 'warning', code: 'x', message: 'two\nlines' }))
    expect(encodeEvent(event)).not.toContain('\n')
  })

  it.each([
    ['no JSON', '{', 'the line is not JSON'],
    ['no object', '7', 'the whole'],
    ['an unknown type', line({ type: 'party' }), '/type'],
    [
      'a missing member',
      line({ type: 'start', reference: 'a' }),
      '/platform: expected string, found nothing',
    ],
    [
      'a wrong member deep inside',
      line({
        type: 'plan',
        layers: [{ digest: 'd', size: '1', action: 'exists', offset: 0 }],
        bytes: { total: 1, toDownload: 0 },
      }),
      '/layers/0/size: expected number, found "1"',
    ],
    [
      'a wrong member of an intersection',
      line({ type: 'layer', digest: 'd', status: 'waiting', current: 0, total: 1, host: 5 }),
      '/host: expected',
    ],
    [
      'another version',
      line({ version: 2, type: 'end', outcome: 'done' }),
      '/version: expected 1, found 2; this version of Windlass reads version 1',
    ],
  ])('states the path of the problem in an event with %s', (_, text, message) => {
    expect(() => decodeEvent(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    expect(() => decodeEvent(text)).toThrow(message)
  })
})
