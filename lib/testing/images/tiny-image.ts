/** Provides a minimal image for tests that need any image. */
import { type BuiltImage, buildImage, type ImageSpec } from './build-image.js'

/**
 * Builds an image with one layer of a directory, a file and a symlink, less than 1 KiB in size.
 * @param change replaces parts of the specification
 */
export function tinyImage(change: Partial<ImageSpec> = {}): BuiltImage {
  return buildImage({
    layers: [
      {
        entries: [
          { path: 'etc/' },
          { path: 'etc/motd', content: 'hello from a tiny image\n' },
          { path: 'motd', type: 'symlink', linkTarget: 'etc/motd' },
        ],
      },
    ],
    ...change,
  })
}
