/** `windlass pull --via` with a server whose answers the test gives: order, concurrency, failures, interruptions. */
import { describe, expect, it, vi } from 'vitest'
import { pullVia, type ViaRequest } from '../../cli/remote/pull-via.js'
import type { ServerMessage } from '../../lib/api/messages.js'
import type { PullRecord } from '../../lib/api/shapes.js'
import { asWindlassError } from '../../lib/errors.js'
import {
  type Answers,
  apiByHand,
  doneEvents,
  eventMessage,
  eventsOfPull,
  failure,
  listedPull,
  Messages,
  stateOf,
} from '../support/cli/api-by-hand.js'
import { testConsole } from '../support/cli/set-by-hand.js'

/** Runs `pullVia` against a server whose pulls the test ends. */
async function via(names: readonly string[], more: Partial<ViaRequest> = {}, answers: Answers = {}) {
  const messages = new Messages()
  const started: string[] = []
  const failures: string[] = []
  const pulled: string[] = []
  const start = (body: string) => {
    const { image } = JSON.parse(body) as { image: string }
    started.push(image)
    return listedPull(image)
  }
  const cancelled = Object.fromEntries(
    names.map((name) => [
      `POST /pulls/${name}/cancel`,
      () => {
        messages.send(...ended(name, 'cancelled').map(eventMessage))
        return listedPull(name)
      },
    ]),
  )
  const { socket, requests } = await apiByHand({
    ...{ 'GET /info': serverInfo, 'POST /pulls': start, 'GET /events': messages, ...cancelled, ...answers },
  })
  messages.send(stateOf())
  const terminal = testConsole()
  const work = pullVia(
    {
      ...{
        server: { host: socket },
        flags: { progress: 'plain' },
        order: {},
        concurrency: 2,
        failFast: false,
      },
      read: () => Promise.resolve(names),
      onPulled: ({ name }) => Promise.resolve(pulled.push(name)),
      onFailed: (error, name) => Promise.resolve(failures.push(`${name}: ${(error as Error).message}`)),
      ...more,
    },
    terminal,
  ).then(
    () => 'done',
    (error: unknown) => asWindlassError(error).code,
  )
  const until = (state: () => void): Promise<void> => vi.waitFor(state, { timeout: 20_000, interval: 5 })
  return {
    ...{ messages, started, failures, pulled, requests, terminal, work, until },
    finish: (name: string) => {
      messages.send(...doneEvents(name, name).map(eventMessage))
    },
    fail: (name: string) => {
      messages.send(...ended(name, 'failed').map(eventMessage))
    },
  }
}

const serverInfo = (stateOf() as ServerMessage & { type: 'state' }).server

const ended = (name: string, outcome: 'failed' | 'cancelled') =>
  eventsOfPull(name, [
    {
      ...{ type: 'end', outcome },
      error: { code: outcome === 'failed' ? 'DENIED' : 'CANCELLED', message: outcome, retryable: false },
    },
  ])

describe('pulls by a server', () => {
  it('run as many at a time as is said, and are reported in the order of their starts', async () => {
    const { started, until, finish, fail, work, pulled, failures, terminal } = await via(['a', 'b', 'c'])
    await until(() => expect(started).toEqual(['a', 'b']))
    fail('b')
    await until(() => expect(started).toEqual(['a', 'b', 'c']))
    expect(failures).toEqual([])
    finish('a')
    finish('c')
    expect(await work).toBe('done')
    expect(pulled).toEqual(['a', 'c'])
    expect(failures).toEqual(['b: failed'])
    expect(terminal.err).toContain('Downloaded newer image for a\n')
  })

  it('are cancelled after a failure if that is asked for, and no other starts; only the failure is reported', async () => {
    const { started, until, fail, work, failures, requests } = await via(['a', 'b', 'c'], { failFast: true })
    await until(() => expect(started).toEqual(['a', 'b']))
    fail('a')
    expect(await work).toBe('done')
    expect(failures).toEqual(['a: failed'])
    expect(started).toEqual(['a', 'b'])
    expect(requests.filter((each) => each.includes('cancel'))).toEqual(['POST /pulls/b/cancel {}'])
  })

  it('are each cancelled once', async () => {
    const names = ['a', 'b', 'c', 'd']
    const { started, until, fail, work, requests } = await via(names, { failFast: true, concurrency: 4 })
    await until(() => expect(started).toEqual(names))
    fail('a')
    expect(await work).toBe('done')
    expect(requests.filter((each) => each.includes('cancel'))).toEqual(
      ['b', 'c', 'd'].map((name) => `POST /pulls/${name}/cancel {}`),
    )
  })

  it('stop at the first name that the server refuses, if that is asked for', async () => {
    const { work, failures, started, requests } = await via(
      ['a', 'b', 'c'],
      { failFast: true, concurrency: 1 },
      { 'POST /pulls': failure(400, 'REFERENCE_INVALID', 'no such name') },
    )
    expect(await work).toBe('done')
    expect([failures, started]).toEqual([['a: no such name'], []])
    expect(requests).toEqual(['GET /info', 'POST /pulls {"image":"a"}'])
  })

  it('are cancelled also if the server is just starting one', async () => {
    let answer: ((pull: PullRecord) => void) | undefined
    const starting = (body: string) =>
      body.includes('"a"') ? listedPull('a') : new Promise<PullRecord>((resolve) => (answer = resolve))
    const { until, fail, work, failures, requests } = await via(
      ['a', 'b'],
      { failFast: true },
      { 'POST /pulls': starting },
    )
    await until(() => expect(answer).toBeDefined())
    fail('a')
    await until(() => expect(failures).toEqual(['a: failed']))
    answer?.(listedPull('b'))
    expect(await work).toBe('done')
    expect(failures).toEqual(['a: failed'])
    expect(requests.at(-1)).toBe('POST /pulls/b/cancel {}')
  })

  it('go on if the server refuses one of them', async () => {
    let count = 0
    const refused = failure(400, 'REFERENCE_INVALID', 'no such name')
    const { until, finish, work, failures, pulled } = await via(
      ['a', 'b'],
      {},
      {
        'POST /pulls': () => (count++ === 0 ? refused : listedPull('b')),
      },
    )
    await until(() => expect(count).toBe(2))
    finish('b')
    expect(await work).toBe('done')
    expect([failures, pulled]).toEqual([['a: no such name'], ['b']])
  })

  it('are cancelled on an interrupt, but not those that have ended, and nothing is reported', async () => {
    const { started, until, finish, work, failures, pulled, requests, terminal } = await via(['a', 'b'])
    await until(() => expect(started).toEqual(['a', 'b']))
    finish('a')
    await until(() => expect(pulled).toEqual(['a']))
    terminal.signals.emit('SIGINT')
    expect(await work).toBe('CANCELLED')
    expect(failures).toEqual([])
    expect(requests.filter((each) => each.includes('cancel'))).toEqual(['POST /pulls/b/cancel {}'])
  })

  it('are left on an interrupt if the server cannot cancel them', async () => {
    const { started, until, work, terminal } = await via(
      ['a'],
      {},
      {
        'POST /pulls/a/cancel': failure(500, 'INTERNAL', 'broken'),
      },
    )
    await until(() => expect(started).toEqual(['a']))
    terminal.signals.emit('SIGINT')
    expect(await work).toBe('CANCELLED')
  })

  it('do not start after an interrupt while the names are read', async () => {
    const reading: { resolve?: (names: readonly string[]) => void } = {}
    const { until, work, terminal, requests } = await via([], {
      read: () => new Promise((resolve) => (reading.resolve = resolve)),
    })
    await until(() => expect(reading.resolve).toBeDefined())
    terminal.signals.emit('SIGINT')
    reading.resolve?.(['a'])
    expect(await work).toBe('CANCELLED')
    expect(requests).not.toContain('POST /pulls {"image":"a"}')
  })

  it('are not begun if no server answers, which is one error for all', async () => {
    const { work, failures } = await via(
      ['a', 'b'],
      {},
      { 'GET /info': failure(401, 'UNAUTHORIZED', 'no token') },
    )
    expect(await work).toBe('UNAUTHORIZED')
    expect(failures).toEqual([])
  })

  it('have a name in their lines only if there are several', async () => {
    for (const names of [['a'], ['a', 'b']]) {
      const { until, started, finish, messages, work, terminal } = await via(names)
      await until(() => expect(started).toEqual(names))
      messages.send(...eventsOfPull('a', [{ type: 'paused' }]).map(eventMessage))
      await until(() => expect(terminal.err).toContain('Paused'))
      expect(terminal.err).toBe(names.length > 1 ? '[a] Paused\n' : 'Paused\n')
      messages.send(...doneEvents('a', 'a').map((event) => eventMessage({ ...event, seq: event.seq + 1 })))
      if (names.length > 1) finish('b')
      expect(await work).toBe('done')
    }
  })

  it('leave a terminal and the signals alone when they have ended', async () => {
    const { until, started, finish, work, terminal } = await via(['a'], { flags: { progress: 'tty' } })
    await until(() => expect(started).toEqual(['a']))
    finish('a')
    await work
    expect(terminal.stderr.listenerCount('resize')).toBe(0)
    expect(terminal.signals.eventNames()).toEqual([])
  })
})
