import { lastValueFrom, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { Flow, Scope } from '../../../../lib/flow/index.js'
import { imageBytes } from '../../../../lib/stages/policy/image-bytes.js'
import type { EnsuredLayer } from '../../../../lib/transfer/index.js'

describe('the limit of an image', () => {
  async function counted(sizes: readonly (number | undefined)[], allowed: number): Promise<number> {
    const layers = sizes.map(
      (size) => ({ stored: size === undefined ? undefined : { size } }) as EnsuredLayer,
    )
    const scope = new Scope()
    const flow = Flow.from(layers).pipe(imageBytes({ imageBytes: allowed }))
    try {
      return (await lastValueFrom(flow.toObservable(scope).pipe(toArray()))).length
    } finally {
      await scope.close()
    }
  }

  it('applies to the sum of the bytes of all layers', async () => {
    expect(await counted([4, undefined, 6], 10)).toBe(3)
    await expect(counted([4, undefined, 7], 10)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining(
        'The layers of the image take 11 B unpacked, more than the limit imageBytes (',
      ) as string,
    })
    await expect(counted([11], 10)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
