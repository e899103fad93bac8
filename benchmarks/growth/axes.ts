/** Defines the axes along which the cost of a pull can grow, and the images of each. */
import type { GrowthImage } from './images.js'
import type { GrowthLayer } from './layer-stream.js'

export interface Axis {
  readonly name: 'layers' | 'files' | 'bytes' | 'pulls'
  readonly title: string
  readonly points: readonly number[]
  /** Name of one unit, for the axis and the slopes. */
  readonly unit: string
  /** Factor for the slope in seconds, and the unit of the product. */
  readonly slope: { readonly factor: number; readonly unit: string }
  /** Images that are pulled concurrently for size `n`. */
  images(n: number): GrowthImage[]
}

const MB = 1_000_000
/** A layer of fixed size: 2 MB in 32 files. */
const layer = (seed: number): GrowthLayer => ({ seed, files: 32, bytes: 64_000 })
const range = (length: number, from = 0): number[] => Array.from({ length }, (_, index) => from + index)

export const axes: readonly Axis[] = [
  {
    name: 'layers',
    title: 'layers of 2 MB',
    points: [1, 2, 4, 8, 16, 32, 64],
    unit: 'layer',
    slope: { factor: 1e3, unit: 'ms a layer' },
    images: (n) => [{ name: `layers-${n}`, layers: range(n).map(layer) }],
  },
  {
    name: 'files',
    title: 'files of 1 KB in one layer',
    points: [1, 100, 1000, 10_000, 30_000, 100_000],
    unit: 'file',
    slope: { factor: 1e6, unit: 'µs a file' },
    images: (n) => [{ name: `files-${n}`, layers: [{ seed: 1000, files: n, bytes: 1000 }] }],
  },
  {
    name: 'bytes',
    title: 'MB of one file in one layer, uncompressed',
    points: [1, 4, 16, 64, 256, 1024, 4096],
    unit: 'MB',
    slope: { factor: 1e3, unit: 'ms a MB' },
    images: (n) => [{ name: `bytes-${n}`, layers: [{ seed: 2000, files: 1, bytes: n * MB }] }],
  },
  {
    name: 'pulls',
    title: 'pulls at once by one puller: images of two layers of their own and two that all share, 2 MB each',
    points: [1, 2, 4, 8, 16],
    unit: 'pull',
    slope: { factor: 1e3, unit: 'ms a pull' },
    images: (n) =>
      range(n).map((pull) => ({
        name: `pulls-${pull}`,
        layers: [3000, 3001, 3100 + 2 * pull, 3101 + 2 * pull].map(layer),
      })),
  },
]
