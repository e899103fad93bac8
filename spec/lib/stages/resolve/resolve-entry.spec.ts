import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, type FlowEvent, Scope } from '../../../../lib/flow/index.js'
import type { ImageSource, ManifestRequest } from '../../../../lib/image/index.js'
import { imageRequest } from '../../../../lib/stages/index.js'
import { resolveEntry } from '../../../../lib/stages/resolve/resolve-entry.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { runStage } from '../../../support/run-stage.js'

describe('an entry of an index', () => {
  it('is fetched again after a temporary failure, and not after another one', async () => {
    const { manifest } = buildImage({ layers: [] })
    const { digest, mediaType, bytes } = manifest
    const descriptor = { digest, mediaType, size: bytes.length }
    for (const [code, outcome] of [
      ['REGISTRY_UNAVAILABLE', digest],
      ['DENIED', 'DENIED'],
    ] as const) {
      let requests = 0
      const source = {
        host: 'registry.example',
        manifest: () => {
          if (++requests === 1) return Promise.reject(new WindlassError(code, 'not now'))
          return Promise.resolve({ bytes, contentType: mediaType, host: 'registry.example' })
        },
      } as unknown as ImageSource
      const retry = { attempts: 3, delay: 0, longestRetryAfter: 0 }
      const stage = resolveEntry({ descriptor, parentIndexes: [] }, { retry })
      const scope = new Scope()
      const events: FlowEvent[] = []
      scope.events.subscribe((event) => events.push(event))
      const flow = Flow.of(imageRequest(source, '1')).pipe(stage)
      const resolved = await lastValueFrom(flow.toObservable(scope)).then(
        ({ document }) => document.descriptor.digest,
        (error: unknown) => (error as WindlassError).code,
      )
      await scope.close()
      expect(resolved).toBe(outcome)
      expect(events.filter(({ type }) => type === 'manifest')).toEqual(
        outcome === digest
          ? [expect.objectContaining({ digest, mediaType, size: bytes.length, host: 'registry.example' })]
          : [],
      )
    }
  })

  it('is reported with the requests for it, and keeps the indexes that lead to it', async () => {
    const { manifest } = buildImage({ layers: [] })
    const { digest, mediaType, bytes } = manifest
    const report = { method: 'GET', url: 'https://h/', role: 'registry', duration: 1, received: 2 } as const
    const source = {
      host: 'h',
      manifest: async (_: string, { onRequest }: ManifestRequest) => {
        onRequest?.(report)
        return { bytes, contentType: mediaType, host: 'h' }
      },
    } as unknown as ImageSource
    const parentIndexes = [{ kind: 'index' }] as never
    const retry = { attempts: 1, delay: 0, longestRetryAfter: 0 }
    const descriptor = { digest, mediaType, size: bytes.length + 1 }
    const stage = resolveEntry({ descriptor, parentIndexes }, { retry })
    const { outputs, events } = await runStage(stage, imageRequest(source, '1'))
    expect(outputs[0]?.parentIndexes).toBe(parentIndexes)
    expect(events).toMatchObject([
      { type: 'request', ...report, digest },
      { type: 'manifest', digest },
      // The size of the entry is wrong.
      { type: 'warning', code: 'document-unclear', digest },
    ])
  })
})
