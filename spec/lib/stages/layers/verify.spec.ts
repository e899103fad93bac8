/** Verification of downloaded layers: wrong bytes are reported to their readers, then discarded. */
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow } from '../../../../lib/flow/index.js'
import { verify } from '../../../../lib/stages/layers/verify.js'
import { arrival } from '../../../support/arriving-layer.js'
import { leftEarly, slowToEnd } from '../../../support/left-early.js'

const bytes = Buffer.from('all the bytes of the layer')

describe('the verification of a downloaded layer', () => {
  it('passes the layer on at once, and completes when its bytes are verified', async () => {
    const { layer, file, turn, events, done } = await arrival(bytes)
    const verified = lastValueFrom(Flow.of(layer).pipe(verify()).toObservable(turn.scope))
    await file.append([bytes])
    file.finish()
    expect(await verified).toBe(layer)
    expect(file.state.phase).toBe('verified')
    expect(done).toEqual([])
    expect(events.map(({ status }) => status)).toEqual(['verifying', 'downloaded'])
  })

  it('reports wrong bytes to the reader before it discards them', async () => {
    const seen: string[] = []
    const here = await arrival(bytes, { onDiscard: () => seen.push(here.file.state.phase) })
    const { layer, file, turn } = here
    const verified = lastValueFrom(Flow.of(layer).pipe(verify()).toObservable(turn.scope))
    await file.append([Buffer.from(bytes).fill('x', 3, 4)])
    file.finish()
    await expect(verified).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(seen).toEqual(['failed'])
  })

  it('has ended when a cancelled pull has', async () => {
    let ended = false
    const file = {
      waitFor: (_: string, signal: AbortSignal) => slowToEnd(signal, 20).finally(() => (ended = true)),
    }
    await leftEarly({ arriving: { file } } as never, verify())
    expect(ended).toBe(true)
  })
})
