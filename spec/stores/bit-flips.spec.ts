/**
 * One bit of what the registry serves is another one, in every blob and at every few bytes in turn: no tree ever comes
 * out, no name appears, and the error is about verification. The store that sees them all is as good as new in the end.
 */
import { describe, expect, it } from 'vitest'
import { asWindlassError } from '../../lib/errors.js'
import type { Digest } from '../../lib/image/index.js'
import { buildImage, putImage } from '../../lib/testing/images/index.js'
import type { Fault } from '../../lib/testing/registry/index.js'
import { Workbench, blobsIn, stagedIn } from '../support/workbench.js'

const image = buildImage({
  layers: [
    { entries: [{ path: 'etc/' }, { path: 'etc/motd', content: 'hello' }], compression: 'gzip' },
    { entries: [{ path: 'bin/sh', content: '#!', mode: 0o4755 }], compression: 'none' },
    { entries: [{ path: 'link', type: 'symlink', linkTarget: 'etc/motd' }], compression: 'zstd' },
  ],
})

/** Flips bit `at` of whatever is served as `digest`, every time. */
const flip = (digest: Digest, at: number): Fault => ({
  name: 'bit-flip',
  times: Infinity,
  where: ({ reference }) => reference === digest,
  act: (answer) => {
    const body = Buffer.from(answer.body)
    body[at >> 3]! ^= 1 << (at & 7)
    return { ...answer, body }
  },
})

/** Bits of a blob, spread over it and over the places in a byte. */
const bitsOf = (bytes: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor((i * bytes) / count) * 8 + ((i * 5) & 7))

const served: readonly (readonly [what: string, digest: Digest, size: number])[] = [
  ['the manifest', image.manifest.digest, image.manifest.size],
  ['the config', image.config.digest, image.config.size],
  ...image.layers.map(
    ({ digest, size, mediaType }) =>
      [`the layer of ${mediaType.split('.').at(-1) ?? ''}`, digest, size] as const,
  ),
]

describe('bit flips', () => {
  const bench = new Workbench()

  it.each(served)('in %s: refused, and nothing of it is left', async (_what, digest, size) => {
    const store = bench.path()
    for (const at of bitsOf(size, 8)) {
      const registry = await bench.registry({ faults: [flip(digest, at)] })
      await putImage(registry, 'team/app', '1', image)
      const puller = await bench.puller({ store })
      const name = `${registry.host}/team/app@${image.manifest.digest}`
      const to = bench.path()
      const pull = puller.pull(name, { platform: 'linux/amd64', rootfs: to })
      const error = asWindlassError(await pull.done.catch((failed: unknown) => failed))
      await pull.closed()
      expect({ at, code: error.code, exit: error.exitCode }).toEqual({ at, code: 'DIGEST_MISMATCH', exit: 5 })
      expect(await puller.images()).toEqual([])
      expect(await stagedIn(store)).toEqual([])
      expect(await blobsIn(store)).not.toContain(digest)
      await puller.close()
      await registry.close()
    }
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', image)
    const puller = await bench.puller({ store })
    const pulled = await puller.pull(`${registry.host}/team/app:1`, { platform: 'linux/amd64' }).done
    expect(pulled.layers).toHaveLength(3)
  })
})
