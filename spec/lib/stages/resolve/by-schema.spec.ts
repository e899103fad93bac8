import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope, stage } from '../../../../lib/flow/index.js'
import { digestOf, mediaTypes } from '../../../../lib/image/index.js'
import { type Resolved, bySchema } from '../../../../lib/stages/index.js'
import { pullStage } from '../../../../lib/stages/pull-stage.js'
import { runStage } from '../../../support/run-stage.js'

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

describe('an index', () => {
  const manifest = { config: part(mediaTypes.ociConfig), layers: [] }
  const image = { kind: 'image', descriptor: part(mediaTypes.ociManifest), manifest }
  const index = { kind: 'index', descriptor: part(mediaTypes.ociIndex) }
  const never = stage((): never => {
    throw new Error('no schema 1')
  })
  /** The outcome for `depth` nested indexes around an image. */
  const resolve = async (depth: number, maxDepth: number): Promise<unknown> => {
    let left = depth
    const chosen = stage((resolved: Resolved) => ({ ...resolved, document: --left > 0 ? index : image }))
    const resolved = { request: { name: 'app' }, document: index, parentIndexes: [] }
    const cases = { index: chosen, schema1: never }
    return runStage(bySchema(cases as never, maxDepth), resolved as never).then(
      ({ outputs }) => outputs[0]?.document,
      (error: unknown) => error as WindlassError,
    )
  }

  it.each([
    [1, 1],
    [2, 2],
    [2, 5],
  ])('is replaced by an image below %i of them, if %i are allowed', async (depth, maxDepth) => {
    expect(await resolve(depth, maxDepth)).toBe(image)
  })

  it.each([
    [1, 0],
    [3, 2],
  ])('is refused below %i of them, if %i are allowed', async (depth, maxDepth) => {
    expect(await resolve(depth, maxDepth)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(`nested ${maxDepth + 1} levels deep or more`) as string,
    })
  })
})
