/**
 * Builds the image of the demo. Its four layers contain links, modes, whiteouts and a path through a symbolic link. The
 * image is built in code, so that the demo needs no file besides the program.
 */
import { randomBytes } from 'node:crypto'
import { type BuiltImage, buildImage, opaque, whiteout } from '../../lib/testing/index.js'

/** Returns incompressible bytes, which make the download long enough to watch. */
const incompressibleBytes = (kilobytes: number): Buffer => randomBytes(kilobytes * 1024)

const script = '#!/bin/sh\necho hello from a layer\n'
const day = new Date('2024-06-01T12:00:00Z')

/** Builds the image for `platform`, which is the platform of the machine, so that a pull chooses it by default. */
export function demoImage(platform: { os: string; architecture: string }): BuiltImage {
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
          { path: 'usr/share/filler', content: incompressibleBytes(1400), mtime: day },
          { path: 'bin', type: 'symlink', linkTarget: 'usr/bin', mtime: day },
          { path: 'etc/', mtime: day },
          { path: 'etc/draft', content: 'a later layer removes this\n', mtime: day },
          { path: 'var/', mtime: day },
          { path: 'var/cache/', mtime: day },
          { path: 'var/cache/old', content: 'old\n', mtime: day },
        ],
      },
      {
        createdBy: 'forty small files',
        entries: [
          { path: 'usr/lib/', mtime: day },
          { path: 'usr/lib/hello/', mtime: day },
          ...Array.from({ length: 40 }, (_, at) => ({
            path: `usr/lib/hello/${String(at + 1).padStart(2, '0')}.txt`,
            content: `Small file ${at + 1} of 40.\n`,
            mtime: day,
          })),
        ],
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
          { path: 'usr/share/more-filler', content: incompressibleBytes(1000), mtime: day },
        ],
      },
      {
        createdBy: 'the draft gone, the cache fresh',
        entries: [
          whiteout('etc/draft'),
          { path: 'var/cache/', mtime: day },
          opaque('var/cache/'),
          { path: 'var/cache/new', content: incompressibleBytes(600), mtime: day },
        ],
      },
    ],
  })
}
