import { describe, expect, it } from 'vitest'
import type { FlowEvent } from '../../../../lib/flow/index.js'
import { type ManifestDocument, digestOf, mediaTypes } from '../../../../lib/image/index.js'
import {
  type ManifestServer,
  emitManifest,
  emitUnclear,
} from '../../../../lib/transfer/documents/manifest-event.js'

const digest = digestOf(Buffer.from('manifest'))
const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 8 }

function eventsOf(more: Partial<ManifestServer> = {}, notices: readonly string[] = []): FlowEvent[] {
  const events: FlowEvent[] = []
  const document = { descriptor, decidedBy: 'content-type', notices } as unknown as ManifestDocument
  emitManifest({ emit: (event) => void events.push(event) }, document, { name: 'app:1', host: 'h', ...more })
  return events
}
const manifest = { type: 'manifest', ...descriptor, host: 'h', decidedBy: 'content-type' }

describe('the events about a manifest', () => {
  it('are one that says where it came from, and from which mirror', () => {
    expect(eventsOf()).toEqual([manifest])
    expect(eventsOf({ isMirror: false })).toEqual([manifest])
    expect(eventsOf({ isMirror: true })).toEqual([{ ...manifest, mirror: true }])
  })

  it('state the rate limit without the address or the user that it is counted for', () => {
    const shown = { remaining: 76, limit: 100, window: 21_600, reset: 5 }
    const rateLimit = { ...shown, source: '192.0.2.1' }
    expect(eventsOf({ rateLimit })).toEqual([{ ...manifest, rateLimit: shown }])
    expect(eventsOf({ rateLimit: { remaining: 0 } })).toEqual([{ ...manifest, rateLimit: { remaining: 0 } }])
  })

  it('warn once of all irregularities, each once, and count those that are not listed', () => {
    expect(eventsOf({}, ['b', 'a', 'b', 'c', 'a', 'd', 'e'])[1]).toEqual({
      ...{ type: 'warning', code: 'document-unclear', digest },
      message: 'The manifest of app:1 from h is accepted with irregularities: b; a; c; and 2 more',
    })
    expect(eventsOf({}, ['a', 'b', 'c'])[1]).toMatchObject({
      message: expect.stringMatching(/: a; b; c$/) as string,
    })
  })

  it('do not warn of a regular document', () => {
    emitUnclear({ emit: () => expect.unreachable() }, 'The config', [], digest)
  })
})
