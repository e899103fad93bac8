/** A pull of a server, followed as if it ran here. */
import { Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { followRemote } from '../../../cli/remote/remote-pull.js'
import type { Connection, WindlassClient } from '../../../lib/api/client.js'
import { WindlassError } from '../../../lib/errors.js'
import type { PullEvent } from '../../../lib/events/index.js'
import { doneEvents, eventsOfPull, imageResult } from '../../support/cli/api-by-hand.js'

/** A pull whose events the test sends. */
function followed() {
  const events = new Subject<PullEvent>()
  const followers: string[] = []
  let onConnection: ((connection: Connection) => void) | undefined
  const client = {
    events: (id: string, options: { readonly onConnection: typeof onConnection }) => {
      followers.push(id)
      ;({ onConnection } = options)
      return events
    },
  } as unknown as WindlassClient
  const pull = followRemote(client, 'aa11')
  const lose = () => onConnection?.({ state: 'lost', error: new WindlassError('NETWORK', 'lost') })
  return { events, followers, pull, lose }
}

const send = (to: Subject<PullEvent>, events: readonly PullEvent[]): void => {
  for (const event of events) to.next(event)
  to.complete()
}

describe('a pull of a server', () => {
  it('has the events of one connection, however many look at them, and the result', async () => {
    const { events, followers, pull } = followed()
    const early: PullEvent[] = []
    const late: PullEvent[] = []
    pull.events.subscribe((event) => early.push(event))
    send(events, doneEvents('aa11'))
    pull.events.subscribe((event) => late.push(event))
    expect(early).toEqual(doneEvents('aa11'))
    expect(late).toEqual(early)
    expect(followers).toEqual(['aa11'])
    expect(await pull.done).toEqual(imageResult('example.com/aa11:1'))
  })

  it('fails with its error, also after its image was committed', async () => {
    const error = { code: 'DENIED', message: 'refused', retryable: false, hint: 'ask' }
    const { events, pull } = followed()
    send(events, [
      ...doneEvents('aa11').slice(0, 2),
      ...eventsOfPull('aa11', [{ type: 'end', outcome: 'failed', error }]),
    ])
    await expect(pull.done).rejects.toMatchObject({ code: 'DENIED', message: 'refused', hint: 'ask' })
  })

  it('is cancelled if it ends with neither an image nor an error', async () => {
    const { events, pull } = followed()
    send(events, doneEvents('aa11').slice(0, 1))
    await expect(pull.done).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('ends for the display when the stream fails, without an error that nobody handles', async () => {
    const { events, pull } = followed()
    const ends: string[] = []
    pull.events.subscribe({ error: () => ends.push('error'), complete: () => ends.push('complete') })
    events.error(new WindlassError('PULL_ENDED', 'the server ended'))
    expect(ends).toEqual(['complete'])
    // A rejection that nobody waits for would fail this test.
    await new Promise((resolve) => setImmediate(resolve))
    await expect(pull.done).rejects.toMatchObject({ code: 'PULL_ENDED' })
  })

  it('is not followed any longer after `leave`', async () => {
    const { events, pull } = followed()
    pull.leave(new Error('left'))
    await expect(pull.done).rejects.toThrow('left')
    expect(events.observed).toBe(false)
    await pull.closed()
  })

  it('fails when the connection was lost for ten seconds, and watches it only while it runs', async () => {
    vi.useFakeTimers()
    try {
      const one = followed()
      one.lose()
      vi.advanceTimersByTime(10_000)
      await expect(one.pull.done).rejects.toMatchObject({ code: 'NETWORK', message: 'lost' })
      const other = followed()
      other.lose()
      send(other.events, doneEvents('aa11'))
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
