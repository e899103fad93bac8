/** The receiver of the entries of a thread, with a thread that is played by the test. */
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import type { ArchiveEntry } from '../../../../lib/archive/entries/archive-entry.js'
import type { EntryPart } from '../../../../lib/archive/entries/batch.js'
import { EntryReceiver, type EntrySink } from '../../../../lib/archive/entries/entry-receiver.js'
import { type Made, file } from '../../../support/archive/scratch.js'

const header = (number: number, entry: Made): EntryPart => ({ kind: 'entry', number, entry })
const data = (text: string, offset = 0): EntryPart => ({ kind: 'data', content: Buffer.from(text), offset })
const end: EntryPart = { kind: 'end' }
const whole = (number: number, path: string): EntryPart[] => [header(number, file(path)), data(path), end]

function receiving(sink: EntrySink) {
  const thread = { acknowledge: vi.fn(), skip: vi.fn(), cancel: vi.fn() }
  const receiver = new EntryReceiver(sink, thread)
  let count = 0
  /** Sends each list of parts as a batch. The weights are 1, 2, 3 and so on. */
  const send = (...batches: readonly (readonly EntryPart[])[]): void => {
    for (const parts of batches) receiver.receive({ parts, weight: ++count })
  }
  const acknowledged = (): unknown[] => thread.acknowledge.mock.calls.flat()
  return { receiver, thread, send, acknowledged }
}
/** A sink that collects the paths and the contents. */
function collecting() {
  const seen: string[] = []
  const sink: EntrySink = async (entry) => {
    seen.push(`${entry.path}: ${(await buffer(entry.content)).toString()}`)
  }
  return { seen, sink }
}
const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

describe('the receiver of entries', () => {
  it('passes the entries on one after the other, however they are spread over batches', async () => {
    const { seen, sink } = collecting()
    const { receiver, send, thread } = receiving(sink)
    const parts = [
      ...whole(1, 'a'),
      ...whole(2, 'b'),
      header(3, file('c', 'xyz')),
      data('x'),
      data('yz', 1),
      end,
    ]
    send(parts.slice(0, 1), parts.slice(1, 4), [])
    await settled()
    send(parts.slice(4, 8), parts.slice(8))
    await receiver.finish()
    expect(seen).toEqual(['a: a', 'b: b', 'c: xyz'])
    expect(thread.skip).not.toHaveBeenCalled()
    expect(thread.cancel).not.toHaveBeenCalled()
  })

  it('passes on what has arrived when the end is reported', async () => {
    const { seen, sink } = collecting()
    const { receiver, send } = receiving(sink)
    send([...whole(1, 'a'), ...whole(2, 'b')])
    await receiver.finish()
    expect(seen).toEqual(['a: a', 'b: b'])
  })

  it('acknowledges a batch when all of it is used, and not while the sink works', async () => {
    let goOn: () => void = () => undefined
    const { receiver, send, acknowledged } = receiving(() => new Promise<void>((resolve) => (goOn = resolve)))
    send([header(1, file('a', '')), end, header(2, file('b', ''))], [end])
    await settled()
    expect(acknowledged()).toEqual([])
    goOn()
    await settled()
    expect(acknowledged()).toEqual([1])
    goOn()
    await receiver.finish()
    expect(acknowledged()).toEqual([1, 2])
  })

  it('drops content that was not read, and asks for no more of it', async () => {
    const paths: string[] = []
    const { receiver, send, thread, acknowledged } = receiving(({ path }) => paths.push(path))
    send([header(1, file('a', 'xyz')), data('x')])
    await settled()
    expect(thread.skip.mock.calls).toEqual([[1]])
    expect(acknowledged()).toEqual([1])
    send([data('y', 1), end, ...whole(2, 'b'), ...whole(3, 'c')])
    await receiver.finish()
    expect(paths).toEqual(['a', 'b', 'c'])
    expect(thread.skip.mock.calls).toEqual([[1]])
  })

  it('does not ask for less of an entry whose successor has arrived', async () => {
    const paths: string[] = []
    const { receiver, send, thread } = receiving(({ path }) => paths.push(path))
    send([header(1, file('a', '')), header(2, file('b', '')), end])
    await receiver.finish()
    expect(paths).toEqual(['a', 'b'])
    expect(thread.skip).not.toHaveBeenCalled()
  })

  it('closes the content of an entry when the sink returns', async () => {
    const kept: ArchiveEntry[] = []
    const { receiver, send } = receiving((entry) => void kept.push(entry))
    send(whole(1, 'a'))
    await receiver.finish()
    expect(kept[0]!.content.destroyed).toBe(true)
  })

  it('fails with the error of the sink, cancels the thread and aborts the signal', async () => {
    let signal: AbortSignal | undefined
    const paths: string[] = []
    const problem = new Error('sink failed')
    const { receiver, send, thread } = receiving(({ path }, context) => {
      paths.push(path)
      signal = context.signal
      throw problem
    })
    send([...whole(1, 'a'), ...whole(2, 'b')])
    await settled()
    expect(thread.cancel).toHaveBeenCalledTimes(1)
    expect(signal?.reason).toBe(problem)
    expect(receiver.failure).toEqual({ error: problem })
    send(whole(3, 'c'))
    expect(receiver.peek()).toBeUndefined()
    await expect(receiver.finish()).rejects.toBe(problem)
    expect(paths).toEqual(['a'])
  })

  it('that is aborted passes nothing on, fails the content that is read, and waits for the sink', async () => {
    const reason = new Error('layer failed')
    let goOn: () => void = () => undefined
    let signal: AbortSignal | undefined
    let reading: Promise<unknown> | undefined
    const paths: string[] = []
    const { receiver, send, thread } = receiving(async (entry, context) => {
      paths.push(entry.path)
      signal = context.signal
      reading = buffer(entry.content).catch((error: unknown) => error)
      await new Promise<void>((resolve) => (goOn = resolve))
      throw new Error('the sink noticed')
    })
    send([header(1, file('a', 'xyz')), data('x')])
    await settled()
    let isAborted = false
    const aborted = receiver.abort(reason).then(() => (isAborted = true))
    expect(signal?.reason).toBe(reason)
    expect(await reading).toBe(reason)
    await settled()
    expect(isAborted).toBe(false)
    goOn()
    await aborted
    expect(paths).toEqual(['a'])
    // The job failed first, so that the error of the sink is not that of the job.
    expect(receiver.failure).toBeUndefined()
    expect(thread.cancel).not.toHaveBeenCalled()
    send(whole(3, 'c'))
    expect(receiver.peek()).toBeUndefined()
  })

  it('that is aborted drops the entries that have arrived', async () => {
    let goOn: () => void = () => undefined
    const paths: string[] = []
    const { receiver, send } = receiving(({ path }) => {
      paths.push(path)
      return new Promise<void>((resolve) => (goOn = resolve))
    })
    send([...whole(1, 'a'), ...whole(2, 'b')], whole(3, 'c'))
    await settled()
    const aborted = receiver.abort(new Error('cancelled'))
    expect(receiver.peek()).toBeUndefined()
    goOn()
    await aborted
    expect(paths).toEqual(['a'])
  })

  it('that is aborted while it waits for entries ends at once', async () => {
    const { receiver } = receiving(() => undefined)
    await receiver.abort(new Error('cancelled'))
    await receiver.finish()
  })
})
