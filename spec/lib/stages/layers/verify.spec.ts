/** Wrong bytes: who reads them hears of it before they are gone, and nobody goes on from them. */
import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow } from '../../../../lib/flow/index.js'
import { verify } from '../../../../lib/stages/layers/verify.js'
import { arrival } from '../../../support/arriving-layer.js'

const bytes = Buffer.from('all the bytes of the layer')

describe('the verification of a layer that came', () => {
  it('passes it on, and is over once its bytes are known to be right', async () => {
    const { layer, file, turn, events, done } = await arrival(bytes)
    const verified = lastValueFrom(Flow.of(layer).pipe(verify()).toObservable(turn.scope))
    await file.append([bytes])
    file.finish()
    expect(await verified).toBe(layer)
    expect(file.state.phase).toBe('verified')
    expect(done).toEqual([])
    expect(events.map(({ status }) => status)).toEqual(['verifying', 'downloaded'])
  })

  it('tells who reads wrong bytes of it before it throws them away', async () => {
    const seen: string[] = []
    const here = await arrival(bytes, { onDiscard: () => seen.push(here.file.state.phase) })
    const { layer, file, turn } = here
    const verified = lastValueFrom(Flow.of(layer).pipe(verify()).toObservable(turn.scope))
    await file.append([Buffer.from(bytes).fill('x', 3, 4)])
    file.finish()
    await expect(verified).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(seen).toEqual(['failed'])
  })
})
