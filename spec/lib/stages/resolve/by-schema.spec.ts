import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { bySchema } from '../../../../lib/stages/index.js'
import { pullStage } from '../../../../lib/stages/pull-stage.js'

const part = (mediaType: string) => ({ mediaType, digest: digestOf(Buffer.from(mediaType)), size: 1 })

describe('a manifest of schema 2', () => {
  it.each([
    [mediaTypes.ociConfig, undefined],
    [mediaTypes.ociEmpty, 'UNSUPPORTED'],
    ['application/vnd.example.config+json', 'UNSUPPORTED'],
  ])('with a config of the type %s is refused unless it is that of an image', async (type, code) => {
    const never = pullStage((): never => {
      throw new Error('no other schema')
    })
    const document = {
      ...{ kind: 'image', descriptor: part(mediaTypes.ociManifest) },
      manifest: { config: part(type), layers: [part(mediaTypes.ociLayer)] },
    }
    const resolved = { request: { name: 'app' }, document, parentIndexes: [] }
    const scope = new Scope()
    const flow = Flow.of(resolved as never).pipe(bySchema({ index: never, schema1: never }))
    const outcome = await lastValueFrom(flow.toObservable(scope)).then(
      () => undefined,
      (error: unknown) => (error as { readonly code: string }).code,
    )
    await scope.close()
    expect(outcome).toBe(code)
  })
})
