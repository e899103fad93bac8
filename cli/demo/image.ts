/** The image of the demo: four layers, each with something that a layer can hold, built of files that are here. */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { type BuiltImage, buildImage, opaque, packDirectory, whiteout } from '../../lib/testing/index.js'

/** Bytes that no compression makes smaller, so that there is something to watch. */
const ballast = (kilobytes: number): Buffer => randomBytes(kilobytes * 1024)

const script = '#!/bin/sh\necho hello from a layer\n'
const day = new Date('2024-06-01T12:00:00Z')

/** `platform` is the machine's own, so that it is what a pull asks for. */
export async function demoImage(platform: { os: string; architecture: string }): Promise<BuiltImage> {
  return buildImage({
    platform,
    config: { config: { Cmd: ['/usr/bin/hello'], Env: ['PATH=/usr/bin'] } },
    layers: [
      {
        createdBy: 'a root with /bin -> usr/bin, and a draft',
        entries: [
          { path: 'usr/', mtime: day },
          { path: 'usr/bin/', mtime: day },
          { path: 'usr/share/', mtime: day },
          { path: 'usr/share/ballast', content: ballast(1400), mtime: day },
          { path: 'bin', type: 'symlink', linkTarget: 'usr/bin', mtime: day },
          { path: 'etc/', mtime: day },
          { path: 'etc/draft', content: 'nobody will read this\n', mtime: day },
          { path: 'var/', mtime: day },
          { path: 'var/cache/', mtime: day },
          { path: 'var/cache/old', content: 'old\n', mtime: day },
        ],
      },
      {
        createdBy: "this program's own library",
        tar: await packDirectory(fileURLToPath(new URL('../../lib/flow', import.meta.url)), {
          under: 'usr/lib/windlass/flow',
        }),
      },
      {
        createdBy: 'a hard link, setuid, a file through a link',
        entries: [
          { path: 'usr/bin/hello', content: script, mode: 0o755, mtime: day },
          { path: 'usr/bin/hi', type: 'link', linkTarget: 'usr/bin/hello', mtime: day },
          { path: 'usr/bin/as-root', content: script, mode: 0o4755, mtime: day },
          { path: 'usr/sbin/', mtime: day },
          { path: 'sbin', type: 'symlink', linkTarget: 'usr/sbin', mtime: day },
          { path: 'sbin/tool', content: script, mode: 0o755, mtime: day },
          { path: 'etc/motd', content: 'Hoisted layer by layer.\n', mtime: day },
          { path: 'usr/share/more-ballast', content: ballast(1000), mtime: day },
        ],
      },
      {
        createdBy: 'the draft gone, the cache fresh',
        entries: [
          whiteout('etc/draft'),
          { path: 'var/cache/', mtime: day },
          opaque('var/cache/'),
          { path: 'var/cache/new', content: ballast(600), mtime: day },
        ],
      },
    ],
  })
}
