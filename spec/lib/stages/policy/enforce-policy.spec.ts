import { describe, expect, it } from 'vitest'
import { WindlassError } from '../../../../lib/errors.js'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import type { ReferrersRequest } from '../../../../lib/image/index.js'
import type { ImagePolicy } from '../../../../lib/signatures/index.js'
import { enforcePolicy } from '../../../../lib/stages/policy/enforce-policy.js'
import { buildImage } from '../../../../lib/testing/images/index.js'
import { runStage } from '../../../support/run-stage.js'

const { manifest } = buildImage({ layers: [] })
const policyOf = (...types: readonly ('accept' | 'reject' | 'signed')[]): ImagePolicy => ({
  ruleFor: () => ({
    origin: 'the test',
    requirements: types.map((type) => ({ type, keys: [] })) as never,
  }),
})
const retry = { attempts: 2, delay: 0, longestRetryAfter: 0 }
const image = (source: object) => ({
  request: { name: 'docker.io/library/app:1', typed: 'app:1', target: '1', source },
  document: { kind: 'image', descriptor: manifest },
  parentIndexes: [],
})

describe('an image that a policy', () => {
  it('accepts is passed on', async () => {
    const one = image({}) as never
    expect((await runStage(enforcePolicy(policyOf('accept'), { retry }), one)).outputs).toEqual([one])
  })

  it('rejects is refused, with the place of the rule', async () => {
    await expect(
      runStage(enforcePolicy(policyOf('accept', 'reject'), { retry }), image({}) as never),
    ).rejects.toMatchObject({
      code: 'POLICY_REJECTED',
      message: expect.stringContaining('the test rejects it') as string,
    })
  })
})

describe('the check of signatures', () => {
  it('reports its requests and warnings, and is repeated after a temporary failure', async () => {
    const report = { method: 'GET', url: 'https://h/', role: 'registry', duration: 1, received: 2 } as const
    let checks = 0
    const source = {
      host: 'h',
      async *referrers(_: string, { onRequest, onWarning }: ReferrersRequest) {
        checks++
        onRequest?.(report)
        onWarning?.('odd-list', 'The list is odd')
        yield []
        throw new WindlassError('REGISTRY_UNAVAILABLE', 'not now')
      },
      manifest: async () => Promise.reject(new WindlassError('REGISTRY_UNAVAILABLE', 'not now')),
    }
    const events: unknown[] = []
    const stage = enforcePolicy(policyOf('signed'), { retry })
    const scope = new Scope()
    scope.events.subscribe((event) => events.push(event))
    await expect(
      Flow.of(image(source) as never)
        .pipe(stage)
        .toObservable(scope)
        .forEach(() => undefined),
    ).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    await scope.close()
    expect(checks).toBe(2)
    expect(events).toContainEqual({ type: 'request', ...report })
    expect(events).toContainEqual({ type: 'warning', code: 'odd-list', message: 'The list is odd' })
  })
})
