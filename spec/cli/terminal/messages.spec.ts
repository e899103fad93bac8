import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type MessageOptions, Messages } from '../../../cli/terminal/messages.js'
import { WindlassError } from '../../../lib/errors.js'
import { decodeEvent } from '../../../lib/events/index.js'

function messages(options: MessageOptions = {}, isTTY = false) {
  let said = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString()
      done()
    },
  })
  return { messages: new Messages(Object.assign(stream, { isTTY }), options), said: () => said }
}

const steering = '\u001b[2J\u202e'
const error = new WindlassError('NETWORK', `no ${steering}`, { hint: `look ${steering}` })

describe('messages', () => {
  it('contain no control characters of untrusted text', () => {
    const text = messages()
    expect(text.messages.error(error)).toBe(6)
    text.messages.warning('a', steering)
    // eslint-disable-next-line no-control-regex
    expect(text.said()).not.toMatch(/[\u001b\u202e]/)
    expect(text.said()).toContain('windlass: no \\u{1b}[2J\\u{202e}\n  look')
  })

  it('are lines of JSON if requested, also without control characters', () => {
    const json = messages({ format: 'json' }, true)
    json.messages.error(error)
    json.messages.warning('a', steering)
    json.messages.cancelling()
    json.messages.note('is for people')
    expect(json.said()).not.toContain('\u202e')
    const events = json.said().trimEnd().split('\n').map(decodeEvent)
    expect(events).toMatchObject([
      { type: 'end', outcome: 'failed', error: { message: `no ${steering}` } },
      { type: 'warning', message: steering },
      { type: 'warning', code: 'cancelling' },
    ])
  })

  it('omit in JSON a failure that the events have reported', () => {
    const json = messages({ format: 'json' })
    json.messages.markReported(error)
    expect(json.messages.error(error)).toBe(6)
    expect(json.said()).toBe('')
    json.messages.error(new WindlassError('NETWORK', 'another'))
    expect(json.said()).toContain('another')
    const text = messages()
    text.messages.markReported(error)
    text.messages.error(error)
    expect(text.said()).toContain('windlass: no')
  })

  it('report a cancellation as the outcome `cancelled`', () => {
    const json = messages({ format: 'json' })
    expect(json.messages.error(new WindlassError('CANCELLED', 'Cancelled'))).toBe(130)
    expect(decodeEvent(json.said())).toMatchObject({ type: 'end', outcome: 'cancelled' })
  })

  it('show stacks of errors and causes only if requested', () => {
    const deep = new WindlassError('INTERNAL', 'no', { cause: new Error('the cause') })
    for (const debug of [true, false]) {
      const { messages: each, said } = messages({ debug })
      each.error(deep)
      expect([said().includes('    at '), said().includes('the cause')]).toEqual([debug, debug])
    }
  })
})
