import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ArchiveEntry, type PartQueue } from '../../../../lib/archive/entries/archive-entry.js'
import type { EntryPart } from '../../../../lib/archive/entries/batch.js'
import { file } from '../../../support/archive/scratch.js'

class Queue implements PartQueue {
  readonly parts: EntryPart[] = []
  wake: (() => void) | undefined

  peek = (): EntryPart | undefined => this.parts[0]
  take = (): EntryPart | undefined => this.parts.shift()
  onPart = (wake: (() => void) | undefined): void => void (this.wake = wake)

  add(...parts: readonly EntryPart[]): void {
    this.parts.push(...parts)
    const { wake } = this
    this.wake = undefined
    wake?.()
  }
}
const data = (content: Uint8Array, offset: number): EntryPart => ({ kind: 'data', content, offset })
const end: EntryPart = { kind: 'end' }
const entryOf = (size: number, queue = new Queue()) => ({
  queue,
  entry: new ArchiveEntry({ ...file('a', ''), size }, queue),
})

describe('an entry that a sink receives', () => {
  it('has its name as text, normalized, and its path as it stands in the archive', () => {
    const name = (path: string): string => new ArchiveEntry(file(path), new Queue()).name
    expect(name('./usr//bin/env/')).toBe('usr/bin/env')
    expect(name('/a')).toBe('a')
    expect(name('./')).toBe('')
    const path = Buffer.from('d/ü').toString('latin1')
    expect(name(path)).toBe('d/ü')
    expect(new ArchiveEntry(file(path), new Queue()).path).toBe(path)
  })

  it('has the values of extended attributes as Buffers, also if they come out of a thread', () => {
    const sent = structuredClone(file('a', 'a', { xattrs: new Map([['user.a', Buffer.from('value')]]) }))
    const value = new ArchiveEntry(sent, new Queue()).xattrs.get('user.a')
    expect(Buffer.isBuffer(value)).toBe(true)
    expect(value?.toString()).toBe('value')
  })

  it('has holes as zeros: before, between and after its data', async () => {
    const { entry, queue } = entryOf(200_000)
    const reading = buffer(entry.content)
    queue.add(data(Buffer.from('one'), 70_000), data(Buffer.from('two'), 150_000))
    queue.add(end)
    const expected = Buffer.alloc(200_000)
    expected.write('one', 70_000)
    expected.write('two', 150_000)
    expect((await reading).equals(expected)).toBe(true)
    expect(queue.parts).toEqual([end])
  })

  it('has chunks that its reader may change', async () => {
    for (let time = 0; time < 2; time++) {
      const { entry, queue } = entryOf(10)
      queue.add(end)
      for await (const chunk of entry.content as AsyncIterable<Buffer>) {
        expect(chunk.equals(Buffer.alloc(10))).toBe(true)
        chunk.fill(1)
      }
    }
  })

  it('is read at the pace of its reader, holes too', async () => {
    const { entry, queue } = entryOf(100 * 2 ** 20)
    const chunk = Buffer.alloc(64 * 1024)
    queue.add(...Array.from({ length: 100 }, (_, at) => data(chunk, at * chunk.length)))
    entry.content.read(1)
    await setImmediate()
    expect(queue.parts.length).toBeGreaterThan(90)
    const hole = entryOf(100 * 2 ** 20)
    hole.queue.add(end)
    hole.entry.content.read(1)
    await setImmediate()
    expect(hole.entry.content.readableLength).toBeLessThan(2 ** 20)
  })

  it('is destroyed when it is closed, also if its content is asked for later', async () => {
    const early = entryOf(10).entry
    const { content } = early
    early.close()
    expect(content.destroyed).toBe(true)
    expect(early.content).toBe(content)
    const late = entryOf(10).entry
    late.close()
    expect(late.content.destroyed).toBe(true)
    await setImmediate()
  })

  it('fails with the first error that closes it, which needs no listener', async () => {
    const { entry } = entryOf(10)
    const reason = new Error('layer failed')
    entry.close(reason)
    entry.close(new Error('later'))
    await expect(buffer(entry.content)).rejects.toBe(reason)
    const unheard = entryOf(10).entry
    unheard.content.resume()
    unheard.close(reason)
    await new Promise((resolve) => unheard.content.on('close', resolve))
    expect(unheard.content.errored).toBe(reason)
  })

  it('does not wait for its parts any more when its content is destroyed', async () => {
    const { entry, queue } = entryOf(10)
    entry.content.resume()
    await setImmediate()
    expect(queue.wake).toBeDefined()
    entry.content.destroy()
    await once(entry.content, 'close')
    expect(queue.wake).toBeUndefined()
  })
})
