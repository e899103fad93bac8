import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type PullEvent, PullEventLog } from '../../../lib/events/index.js'
import { KeptEvents } from '../../../server/pulls/kept-events.js'
import { layerBody, manifest, plan, request, start } from '../../lib/events/events.arbitrary.js'

const typesOf = (events: readonly PullEvent[]): string[] => events.map(({ type }) => type)

it('neither a server nor a late subscriber is told of the requests of a pull', () => {
  fc.assert(
    fc.property(fc.array(layerBody, { maxLength: 10 }), (layers) => {
      const log = new PullEventLog()
      const kept = new KeptEvents()
      const heard: PullEvent[] = []
      log.events.subscribe((event) => {
        heard.push(event)
        kept.add(event)
      })
      for (const body of [start, manifest, plan, ...layers]) {
        log.emit(body)
        log.emit(request)
      }
      const late: PullEvent[] = []
      log.events.subscribe((event) => late.push(event))
      expect(typesOf(heard).filter((type) => type === 'request')).toHaveLength(3 + layers.length)
      expect([...typesOf(kept.all()), ...typesOf(late)]).not.toContain('request')
      expect(typesOf(late).slice(0, 3)).toEqual(['start', 'manifest', 'plan'])
    }),
  )
})

describe('the events for a late watcher', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const kept = (...events: readonly object[]): number[] => {
    const all = new KeptEvents()
    const common = { type: 'layer', digest, current: 0, total: 9, time: '2024-01-01T00:00:00Z' }
    for (const [seq, event] of events.entries()) all.add({ seq, ...common, ...event } as PullEvent)
    return all.all().map(({ seq }) => seq)
  }
  const [downloading, extracting] = [{ status: 'downloading' }, { status: 'extracting' }]

  it('are the first and the last of each stage of a layer', () => {
    expect(kept(downloading, downloading, downloading)).toEqual([0, 2])
    expect(kept(downloading, downloading, extracting, extracting, extracting)).toEqual([0, 2, 4])
    expect(kept(downloading, { ...downloading, digest: 'b' }, downloading)).toEqual([0, 1, 2])
  })

  it('have a stage for each retry, each host, and for the begin of unpacking', () => {
    expect(kept({ status: 'retrying' }, { status: 'retrying' }, { status: 'retrying' })).toEqual([0, 1, 2])
    const host = (name: string) => ({ ...downloading, host: name })
    expect(kept(host('a'), host('a'), host('b'), host('b'))).toEqual([0, 2, 3])
    expect(kept(downloading, downloading, { ...downloading, unpacked: 1 }, downloading)).toEqual([0, 2, 3])
  })

  it('are all that are not about a layer', () => {
    expect(kept(...Array.from({ length: 3 }, () => ({ type: 'warning' })))).toEqual([0, 1, 2])
  })

  it('have a new stage of each layer after a pause', () => {
    for (const type of ['paused', 'resumed'])
      expect(kept(downloading, downloading, { type }, downloading, downloading)).toEqual([0, 2, 3, 4])
    expect(kept(downloading, downloading, { type: 'warning' }, downloading)).toEqual([0, 2, 3])
  })
})
