import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { LineStream } from '../../../server/docker/line-stream.js'

const count = (id: string, current: number, status = 'Downloading') => ({
  ...{ status, id },
  progressDetail: { current, total: 100 },
})

async function textOf({ body }: LineStream): Promise<string> {
  return new Response(body).text()
}

describe('a stream of lines', () => {
  it('has all words in order, and of the counts that nobody has read the latest of each layer', async () => {
    const stream = new LineStream(() => undefined)
    stream.push([
      count('a', 1),
      count('b', 1),
      count('a', 2),
      { status: 'Waiting', id: 'c' },
      count('a', 3),
      count('b', 9),
    ])
    stream.push([count('a', 4, 'Extracting')])
    stream.end()
    const lines = (await textOf(stream))
      .trim()
      .split('\r\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(lines).toEqual([
      ...[count('a', 3), count('b', 9), { status: 'Waiting', id: 'c' }, count('a', 4, 'Extracting')],
    ])
  })

  it('holds no more than a line for each layer while a client does not read', async () => {
    const stream = new LineStream(() => undefined)
    for (let at = 0; at < 100_000; at++) stream.push([count(`layer${at % 50}`, at)])
    stream.end()
    expect((await textOf(stream)).trim().split('\r\n')).toHaveLength(50)
  })

  it('sends lines to a client that waits for them', async () => {
    const stream = new LineStream(() => undefined)
    const reader = stream.body.getReader()
    const first = reader.read()
    stream.push([{ status: 'Waiting', id: 'a' }])
    expect(Buffer.from((await first).value!).toString()).toBe('{"status":"Waiting","id":"a"}\r\n')
    const second = reader.read()
    stream.end()
    expect((await second).done).toBe(true)
  })

  it('writes at most once in 50 ms, and what is left at the end at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const stream = new LineStream(() => undefined)
    const reader = stream.body.getReader()
    const read = async () =>
      Buffer.from((await reader.read()).value!)
        .toString()
        .trim()
        .split('\r\n').length
    stream.push([{ status: 'Waiting', id: 'a' }])
    expect(await read()).toBe(1)
    let lines = 0
    const second = read().then((count) => (lines = count))
    for (const id of ['b', 'c', 'd']) {
      stream.push([{ status: 'Waiting', id }])
      await setImmediate()
    }
    await vi.advanceTimersByTimeAsync(49)
    expect(lines).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(await second).toBe(3)
    const third = read()
    stream.push([{ status: 'Done', id: 'a' }])
    await setImmediate()
    stream.end()
    expect(await third).toBe(1)
    expect((await reader.read()).done).toBe(true)
  })

  it('says when the client has gone, and drops what comes then', async () => {
    let gone = 0
    const stream = new LineStream(() => gone++)
    await stream.body.cancel()
    stream.push([{ status: 'Waiting' }])
    expect(gone).toBe(1)
    // It has ended, and tells nobody again.
    stream.end()
    expect(gone).toBe(1)
  })

  it('has nothing that comes after its end, and writes nothing for no lines', async () => {
    const stream = new LineStream(() => undefined)
    const reader = stream.body.getReader()
    const first = reader.read()
    await setImmediate() // it waits for lines
    stream.push([])
    await setImmediate()
    stream.push([{ status: 'Waiting' }])
    expect(Buffer.from((await first).value!).toString()).toBe('{"status":"Waiting"}\r\n')
    stream.end()
    stream.push([{ status: 'Too late' }])
    expect((await reader.read()).done).toBe(true)
  })

  it('gives a client that comes back for more only what is new', async () => {
    const stream = new LineStream(() => undefined)
    const reader = stream.body.getReader()
    for (const status of ['one', 'two']) {
      stream.push([{ status }])
      expect(Buffer.from((await reader.read()).value!).toString()).toBe(`{"status":"${status}"}\r\n`)
    }
    stream.end()
    expect((await reader.read()).done).toBe(true)
  })
})
