/** The smallest image that is still one: for tests that need any. */
import { type BuiltImage, buildImage, type ImageSpec } from './build-image.js'

/** One layer of a directory, a file and a symlink, under 1 KiB; `change` replaces any part of it. */
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
