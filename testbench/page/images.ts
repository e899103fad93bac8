/** Images for the page's tests and pictures: many layers of random content, some of which several images share. */
import { randomBytes } from 'node:crypto'
import { type BuiltImage, type LayerEntry, type LayerSpec, buildImage } from '../../lib/testing/index.js'

/** A sequence of numbers from 0 to 1 that is the same in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}

/** A layer of one file of random bytes, which no compression makes smaller. */
export const randomLayer = (size: number, path = 'data', createdBy = 'COPY data /'): LayerSpec => ({
  createdBy,
  entries: [{ path: `${path}-${size}`, content: randomBytes(Math.max(1, Math.round(size))) }],
})

/** A layer of many small files: small to fetch, slow to unpack. */
export function manyFiles(count: number, name: string): LayerSpec {
  const entries: LayerEntry[] = []
  for (let index = 0; index < count; index++)
    entries.push({ path: `srv/${name}/${index % 97}/file-${index}`, content: `${name} ${index}\n` })
  return { entries, createdBy: `RUN make ${name}` }
}

/** The files of a small system, so that an image has something to look at. */
export const systemLayer = (): LayerSpec => ({
  createdBy: 'ADD rootfs.tar.xz /',
  entries: [
    { path: 'app/' },
    { path: 'app/main.py', content: 'print("hello")\n'.repeat(800) },
    { path: 'app/settings.toml', content: 'debug = false\n'.repeat(150), mode: 0o640 },
    { path: 'bin', type: 'symlink', linkTarget: 'usr/bin' },
    { path: 'etc/' },
    { path: 'etc/os-release', content: 'NAME=Test\n' },
    { path: 'usr/' },
    { path: 'usr/bin/' },
    { path: 'usr/bin/sudo', content: randomBytes(277_000), mode: 0o4755 },
    { path: 'var/' },
  ],
})

/** An image of `count` layers around `mean` bytes, of which a few are much larger. */
export function variedImage(
  count: number,
  mean: number,
  seed = 7,
  below: readonly LayerSpec[] = [],
): BuiltImage {
  const next = randomNumbers(seed)
  const layers = Array.from({ length: count }, (_, index) => {
    const factor = index === 4 || index === 13 ? 5 : Math.exp(next() * 2.6) * 0.22
    return randomLayer(mean * factor, `layer-${seed}-${index}`)
  })
  return buildImage({ layers: [...below, ...layers] })
}
