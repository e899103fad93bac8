import { Subject, auditTime, firstValueFrom, map, scan, tap, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { SideChannel } from '../../../../lib/flow/index.js'
import { sleep } from '../../../support/flow-lines.js'

const bug = (): never => {
  throw new Error('listener bug')
}

describe('SideChannel', () => {
  it('delivers all events to every listener in order, also events that a listener emits', () => {
    const channel = new SideChannel()
    const seen: string[][] = [[], []]
    channel.events.subscribe(({ type }) => {
      seen[0]!.push(type)
      if (type !== 'a') return
      channel.emit({ type: 'b' })
      channel.emit({ type: 'c' })
    })
    channel.events.subscribe(({ type }) => seen[1]!.push(type))
    channel.emit({ type: 'a' })
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ])
  })

  it('ends', async () => {
    const channel = new SideChannel()
    const all = firstValueFrom(channel.events.pipe(toArray()))
    channel.emit({ type: 'a' })
    channel.end()
    expect(await all).toEqual([{ type: 'a' }])
  })

  it.each([
    ['a function', (channel: SideChannel) => channel.events.subscribe(bug)],
    ['an observer', (channel: SideChannel) => channel.events.subscribe({ next: bug })],
    [
      'behind an operator',
      (channel: SideChannel) => channel.events.pipe(map((event) => event.type)).subscribe(bug),
    ],
    ['in an operator', (channel: SideChannel) => channel.events.pipe(scan(bug)).pipe(tap(bug)).subscribe()],
    [
      'in an error handler',
      (channel: SideChannel) => channel.events.pipe(map(bug)).subscribe({ error: bug }),
    ],
  ])('survives a listener that throws (%s), and reports it once', (_, listen) => {
    const channel = new SideChannel()
    const heard: unknown[] = []
    listen(channel)
    channel.events.subscribe((event) => heard.push(event['error'] ?? event.type))
    for (const type of ['a', 'b', 'c']) channel.emit({ type })
    expect(heard.filter((each) => typeof each === 'string')).toEqual(['a', 'b', 'c'])
    expect(heard.filter((each) => each instanceof Error)).toEqual([new Error('listener bug')])
  })

  it('survives a listener that throws later, or at the end', async () => {
    const channel = new SideChannel()
    const heard: string[] = []
    channel.events.subscribe(({ type }) => heard.push(type))
    channel.events.pipe(auditTime(1)).subscribe(bug)
    channel.events.subscribe({ complete: bug })
    channel.emit({ type: 'a' })
    await sleep(10)
    channel.end()
    expect(heard).toEqual(['a', 'listener-failed'])
  })

  it('still delivers events to a listener that has thrown, and lets it unsubscribe', () => {
    const channel = new SideChannel()
    const heard: string[] = []
    const listening = channel.events.subscribe(({ type }) => {
      heard.push(type)
      if (type === 'a') bug()
    })
    channel.emit({ type: 'a' })
    channel.emit({ type: 'b' })
    listening.unsubscribe()
    channel.emit({ type: 'c' })
    expect(heard).toEqual(['a', 'listener-failed', 'b'])
  })

  it('delivers an error to a listener with an error handler', () => {
    const channel = new SideChannel()
    const errors: unknown[] = []
    channel.events.pipe(map(bug)).subscribe({ error: (error) => errors.push(error) })
    channel.emit({ type: 'a' })
    expect(errors).toEqual([new Error('listener bug')])
  })

  it('can be subscribed with a subject', () => {
    const channel = new SideChannel()
    const subject = new Subject<unknown>()
    const heard: unknown[] = []
    subject.subscribe((event) => heard.push(event))
    channel.events.subscribe(subject)
    channel.emit({ type: 'a' })
    expect(heard).toEqual([{ type: 'a' }])
  })
})
