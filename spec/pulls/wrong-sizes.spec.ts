/** Manifests that say a wrong size of a layer whose digest is right, and registries that serve something else. */
import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { faults } from '../../lib/testing/registry/index.js'
import { asWindlassError } from '../../lib/errors.js'
import { Workbench, imageOf } from '../support/workbench.js'

describe('the size of a layer', () => {
  const bench = new Workbench()

  /** What a pull fails with where the manifest says so many bytes more of the layer than it has. */
  async function failureOf(
    change: (size: number) => number,
    told: 'told' | 'not told' = 'told',
    body?: (good: Buffer) => Buffer,
  ) {
    const registry = await bench.registry()
    const image = imageOf(['base'])
    const { digest } = image.layers[0]!
    await putImage(registry, 'app', '1', image)
    const manifest = JSON.parse(image.manifest.bytes.toString()) as { layers: { size: number }[] }
    manifest.layers[0]!.size = change(manifest.layers[0]!.size)
    registry.putManifest('app', '2', Buffer.from(JSON.stringify(manifest)), image.manifest.mediaType)
    if (body) registry.addFault(faults.body(body, { reference: digest, times: Infinity }))
    if (told === 'not told') registry.addFault(faults.chunked({ reference: digest, times: Infinity }))
    const puller = await bench.puller()
    const failed = puller.pull(`${registry.host}/app:2`, { platform: 'linux/amd64' }).done
    return asWindlassError(
      await failed.then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
  }

  it.each([
    ['0', () => 0, 'told'],
    ['0', () => 0, 'not told'],
    ['too small', (size: number) => size - 1, 'told'],
    ['too large', (size: number) => size + 1, 'told'],
    ['too large', (size: number) => size + 1, 'not told'],
  ] as const)(
    'that is %s is the fault of the manifest (%#: the length is %3$s)',
    async (_what, change, told) => {
      const { code, message, hint } = await failureOf(change, told)
      expect(code).toBe('SIZE_MISMATCH')
      expect(`${message}. ${hint}`).toMatch(/the size in the manifest is wrong/i)
      expect(hint).not.toMatch(/serves other bytes/)
    },
  )

  it.each(['told', 'not told'] as const)(
    'of other bytes than those of the digest may be the fault of either (the length is %s)',
    async (told) => {
      const { message, hint } = await failureOf(
        (size) => size,
        told,
        (good) => Buffer.concat([good, good]),
      )
      expect(message).not.toMatch(/size in the manifest is wrong/)
      expect(hint).toMatch(/or the registry, or a proxy or cache in between, sent wrong data/)
    },
  )

  it('that is too small, where no length is told, may be the fault of either', async () => {
    const { code, hint } = await failureOf((size) => size - 1, 'not told')
    expect(code).toBe('SIZE_MISMATCH')
    expect(hint).toMatch(/The manifest states a wrong size, or/)
  })
})
