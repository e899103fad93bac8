import { describe, expect, it } from 'vitest'
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
    const stream = new LineStream(() => undefined)
    const reader = stream.body.getReader()
    const started = performance.now()
    const read = async () =>
      Buffer.from((await reader.read()).value!)
        .toString()
        .trim()
        .split('\r\n').length
    stream.push([{ status: 'Waiting', id: 'a' }])
    expect(await read()).toBe(1)
    expect(performance.now() - started).toBeLessThan(45)
    const second = read()
    for (const id of ['b', 'c', 'd']) {
      stream.push([{ status: 'Waiting', id }])
      await Promise.resolve()
    }
    expect(await second).toBe(3)
    const between = performance.now()
    expect(between - started).toBeGreaterThan(48)
    const third = read()
    stream.push([{ status: 'Done', id: 'a' }])
    stream.end()
    expect(await third).toBe(1)
    expect((await reader.read()).done).toBe(true)
    expect(performance.now() - between).toBeLessThan(45)
  })

  it('says when the client has gone, and drops what comes then', async () => {
    let gone = 0
    const stream = new LineStream(() => gone++)
    await stream.body.cancel()
    stream.push([{ status: 'Waiting' }])
    expect(gone).toBe(1)
  })
})
