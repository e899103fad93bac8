import { getEventListeners } from 'node:events'
import { firstValueFrom, take, toArray } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { WindlassClient } from '../../../lib/api/index.js'
import { WindlassError } from '../../../lib/errors.js'

/** A client whose requests are answered by `responses`, in order. */
function clientWith(...responses: (Response | Error)[]) {
  const requests: { readonly url: string; readonly headers: Record<string, string> }[] = []
  const client = new WindlassClient({
    ...{ url: 'http://server/', token: 'secret' },
    fetch: (url, init) => {
      requests.push({ url: url as string, headers: init?.headers as Record<string, string> })
      const response = responses.shift()
      return response instanceof Response
        ? Promise.resolve(response)
        : Promise.reject(response ?? new Error('end'))
    },
  })
  return { client, requests }
}

const failure = (status: number, code: string): Response =>
  Response.json({ error: { code, message: 'a sentence', hint: 'a hint' } }, { status })
const frames = (...ids: number[]): Response =>
  new Response(ids.map((id) => `id: run-${id}\ndata: {"type":"images","at":${id}}\n\n`).join(''))

describe('a client of a server', () => {
  it('rejects with the error of the server, its hint and the status', async () => {
    const { client, requests } = clientWith(failure(404, 'PULL_UNKNOWN'))
    await expect(client.onePull('a/b')).rejects.toMatchObject({
      ...{ code: 'PULL_UNKNOWN', message: 'a sentence', hint: 'a hint' },
      subject: { status: 404 },
    })
    expect(requests[0]).toMatchObject({
      url: 'http://server/api/v1/pulls/a%2Fb',
      headers: { authorization: 'Bearer secret' },
    })
  })

  it('takes an error with a code of a later version as one of the protocol', async () => {
    const { client } = clientWith(failure(418, 'TEAPOT'))
    const error: unknown = await client.info().catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(WindlassError)
    expect(error).toMatchObject({ code: 'PROTOCOL', message: 'a sentence' })
  })

  it('rejects with PROTOCOL if the answer is not of this API', async () => {
    const page = new Response('<html>', { status: 502 })
    await expect(clientWith(page).client.info()).rejects.toMatchObject({ code: 'PROTOCOL' })
    await expect(clientWith(Response.json({})).client.info()).rejects.toMatchObject({ code: 'PROTOCOL' })
  })

  it('goes on after the last message when the connection is lost or the server is busy', async () => {
    const { client, requests } = clientWith(
      ...[frames(1, 2), new Error('reset'), failure(429, 'TOO_MANY_REQUESTS'), frames(3)],
    )
    const states: string[] = []
    const messages = client.messages({
      onConnection: ({ state }, retry) => {
        states.push(state)
        retry()
      },
    })
    const received = await firstValueFrom(messages.pipe(take(3), toArray()))
    expect(received.map((message) => 'at' in message && message.at)).toEqual([1, 2, 3])
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual([
      undefined,
      'run-2',
      'run-2',
      'run-2',
    ])
    expect(states).toEqual(['connected', 'lost', 'lost', 'lost', 'connected'])
  })

  it('waits longer after each failure in a row, and shortly again after a message', async () => {
    const { client } = clientWith(
      ...[new Error('reset'), new Error('reset'), new Error('reset'), new Error('reset')],
      ...[frames(1), new Error('reset'), frames(2), frames(3)],
    )
    const delays: number[] = []
    const messages = client.messages({
      onConnection: (connection, retry) => {
        if (connection.state === 'lost' && connection.triesAt !== undefined)
          delays.push(Math.round((connection.triesAt - Date.now()) / 50) * 50)
        retry()
      },
    })
    await firstValueFrom(messages.pipe(take(3), toArray()))
    expect(delays).toEqual([250, 1_000, 3_000, 3_000, 250, 1_000, 250])
  })

  it('emits each event of a pull once, also after a connection was lost', async () => {
    const event = (seq: number, type: 'paused' | 'resumed' | 'end'): object => ({
      type: 'event',
      event: {
        ...{ version: 1, pull: 'p', seq, time: new Date(seq).toISOString(), type },
        ...(type === 'end' && { outcome: 'done' }),
      },
    })
    const response = (...messages: object[]): Response =>
      new Response(messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join(''))
    const { client } = clientWith(
      response(event(1, 'paused'), event(2, 'resumed')),
      response(event(1, 'paused'), event(2, 'resumed'), event(3, 'paused')),
      response(event(3, 'paused'), event(4, 'end')),
    )
    const retryAtOnce = (_: unknown, retry: () => void): void => retry()
    const received = await firstValueFrom(client.events('p', { onConnection: retryAtOnce }).pipe(toArray()))
    expect(received.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  })

  it('leaves no timer and no listener of its waits, whether they end, are cut short or are given up', async () => {
    vi.useFakeTimers()
    try {
      let signal: AbortSignal | null | undefined
      const client = new WindlassClient({
        url: 'http://server/',
        fetch: (_, init) => {
          signal = init?.signal
          return Promise.reject(new Error('reset'))
        },
      })
      const waits = () => [lost, vi.getTimerCount(), getEventListeners(signal!, 'abort').length]
      let lost = 0
      const watching = client
        .messages({
          onConnection: (_, retry) => {
            if (++lost === 2) retry()
          },
        })
        .subscribe({ error: () => undefined })
      await vi.advanceTimersByTimeAsync(0)
      expect(waits()).toEqual([1, 1, 1])
      await vi.advanceTimersByTimeAsync(250)
      expect(waits()).toEqual([3, 1, 1])
      watching.unsubscribe()
      expect(waits()).toEqual([3, 0, 0])
    } finally {
      vi.useRealTimers()
    }
  })

  it('fails if the server refuses the token', async () => {
    const { client, requests } = clientWith(failure(401, 'UNAUTHORIZED'))
    await expect(firstValueFrom(client.watch())).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(requests).toHaveLength(1)
  })
})

describe('a request of a client', () => {
  it.each<[string, (client: WindlassClient) => Promise<unknown>, string, unknown?]>([
    ['info', (client) => client.info(), 'GET /info'],
    [
      'pull',
      (client) => client.pull('app:1', { priority: 2 }),
      'POST /pulls',
      { image: 'app:1', priority: 2 },
    ],
    ['pulls', (client) => client.pulls(), 'GET /pulls'],
    ['pause', (client) => client.pause('a/b'), 'PATCH /pulls/a%2Fb', { paused: true }],
    ['resume', (client) => client.resume('a'), 'PATCH /pulls/a', { paused: false }],
    ['change', (client) => client.change('a', { priority: 3 }), 'PATCH /pulls/a', { priority: 3 }],
    ['cancel', (client) => client.cancel('a/b'), 'POST /pulls/a%2Fb/cancel', {}],
    ['again', (client) => client.again('a/b'), 'POST /pulls/a%2Fb/again', {}],
    ['retryNow', (client) => client.retryNow('a/b'), 'POST /pulls/a%2Fb/retry-now', {}],
    ['clear', (client) => client.clear(), 'POST /pulls/clear', {}],
    ['limits', (client) => client.limits(), 'GET /limits'],
    ['setLimits', (client) => client.setLimits({ maxDownloads: 2 }), 'PATCH /limits', { maxDownloads: 2 }],
    ['images', (client) => client.images(), 'GET /images'],
    ['files', (client) => client.files('app:1'), 'GET /images/files?image=app%3A1&path=%2F'],
    [
      'files, searched',
      (client) => client.files('app:1', { path: '/etc', find: 'pass' }),
      'GET /images/files?image=app%3A1&path=%2Fetc&find=pass',
    ],
    ['removeImage', (client) => client.removeImage('app:1'), 'DELETE /images?image=app%3A1'],
    ['collect', (client) => client.collect(), 'POST /tasks', { kind: 'collect' }],
    ['verify', (client) => client.verify(), 'POST /tasks', { kind: 'verify' }],
    ['task', (client) => client.task('a/b'), 'GET /tasks/a%2Fb'],
    ['history', (client) => client.history(), 'GET /history'],
  ])('has the method, the path and the body of %s', async (_, ask, line, body) => {
    const sent: unknown[] = []
    const client = new WindlassClient({
      url: 'http://server',
      fetch: (url, init) => {
        const path = (url as string).replace('http://server/api/v1', '')
        sent.push(
          `${init?.method ?? 'GET'} ${path}`,
          JSON.parse((init?.body as string | undefined) ?? 'null'),
        )
        return Promise.reject(new Error('not asked further'))
      },
    })
    await expect(ask(client)).rejects.toThrow()
    expect(sent).toEqual([line, body ?? null])
  })
})
