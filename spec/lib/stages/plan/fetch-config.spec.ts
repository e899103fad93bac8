import { expect, it } from 'vitest'
import { Deferred } from '../../../../lib/flow/index.js'
import { fetchConfig } from '../../../../lib/stages/plan/fetch-config.js'
import { tinyImage } from '../../../../lib/testing/images/index.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'

it('waits for the request for a config to end when the pull is cancelled', async () => {
  let ended = false
  const blob = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
    slowToEnd(signal, 20).finally(() => (ended = true))
  const { config } = tinyImage()
  const image = {
    document: { kind: 'image', manifest: { config, layers: [] } },
    request: { name: 'app', source: { blob } },
    parentIndexes: [],
    config: new Deferred(),
  }
  await leftEarly(image as never, fetchConfig({ retry: { attempts: 1, delay: 0, longestRetryAfter: 0 } }))
  expect(ended).toBe(true)
})
