import { describe, expect, it } from 'vitest'
import { readEventStream } from '../../../lib/api/event-stream.js'

/** A body that sends `chunks` and then fails with `error`, ends, or stays open. */
function bodyOf(chunks: readonly string[], end: 'end' | 'open' | Error) {
  let cancelled = 0
  const rest = chunks.map((text) => new TextEncoder().encode(text))
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = rest.shift()
        if (chunk !== undefined) controller.enqueue(chunk)
        else if (end === 'end') controller.close()
        else if (end !== 'open') controller.error(end)
      },
      cancel: () => {
        cancelled++
      },
    },
    { highWaterMark: 0 },
  )
  return { body, cancelled: () => cancelled }
}

describe('a stream of server-sent events', () => {
  it('yields events with their ids, however the bytes are divided', async () => {
    const { body } = bodyOf(['id: 1\nda', 'ta: a\n', '\ndata: b\n\nid: 3\ndata: half'], 'end')
    const events: object[] = []
    for await (const event of readEventStream(body)) events.push(event)
    expect(events).toEqual([
      { id: '1', data: 'a' },
      { id: undefined, data: 'b' },
    ])
  })

  it('closes the connection when its reader stops, and fails with the error of the connection', async () => {
    const left = bodyOf(['data: a\n\n'], 'open')
    for await (const { data } of readEventStream(left.body)) {
      expect(data).toBe('a')
      break
    }
    expect(left.cancelled()).toBe(1)
    const broken = readEventStream(bodyOf(['data: a\n\n'], new Error('reset')).body)
    expect((await broken.next()).value).toMatchObject({ data: 'a' })
    await expect(broken.next()).rejects.toThrow('reset')
  })
})
