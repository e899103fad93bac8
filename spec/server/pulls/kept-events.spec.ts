import fc from 'fast-check'
import { expect, it } from 'vitest'
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
