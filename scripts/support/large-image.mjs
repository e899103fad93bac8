/**
 * Builds a small version of a typical image: a base with many small files, libraries, a large binary, and an
 * application that changes lower layers; with compressible text and incompressible binaries.
 */
import { buildImage, whiteout } from '../../dist/lib/testing/index.js'
import { seededRandom } from './seeded-random.mjs'

const words = (
  'the of and image layer store pull config return const import export function string number while true false ' +
  'static void struct include define error warning license copyright version depends package maintainer usr lib'
).split(' ')

/** Returns deterministic content: `text` consists of words, half of `binary` is noise. */
function contents(seed) {
  const next = seededRandom(seed)
  return {
    next,
    text: (bytes) => {
      let text = ''
      while (text.length < bytes)
        text += `${words[Math.floor(next() * words.length)]}${next() < 0.12 ? '\n' : ' '}`
      return text.slice(0, bytes)
    },
    binary: (bytes) => {
      const buffer = Buffer.alloc(bytes)
      for (let at = 0; at + 4 <= bytes; at += 8) buffer.writeUInt32LE(Math.floor(next() * 2 ** 32), at)
      return buffer
    },
  }
}

/** Builds the images. `megabytes` is the unpacked size of their layers, without the shared one. */
export function largeImages({ seed = 1, megabytes = 20 } = {}) {
  const { next, text, binary } = contents(seed)
  const bytes = megabytes * 1e6
  const many = (folder, count, each) => [
    { path: `${folder}/` },
    ...Array.from({ length: Math.ceil(count / 40) }, (_, at) => ({ path: `${folder}/${at}/` })),
    ...Array.from({ length: count }, (_, at) => ({
      path: `${folder}/${Math.floor(at / 40)}/file-${at}`,
      content: text(Math.ceil(each * (0.2 + 1.6 * next()))),
      mode: at % 17 === 0 ? 0o755 : 0o644,
    })),
  ]
  const shared = {
    entries: [...many('etc', 120, 800), { path: 'bin', type: 'symlink', linkTarget: 'usr/bin' }],
  }
  const earlier = buildImage({ layers: [shared, { entries: many('srv', 40, 2000) }] })
  const wanted = buildImage({
    layers: [
      shared,
      { entries: many('usr', 1200, (bytes * 0.25) / 1200) },
      {
        entries: [
          { path: 'opt/' },
          { path: 'opt/runtime', content: binary(Math.ceil(bytes * 0.3)), mode: 0o4755 },
          { path: 'opt/same', type: 'link', linkTarget: 'opt/runtime' },
        ],
      },
      {
        entries: Array.from({ length: 24 }, (_, at) => ({
          path: `lib/lib${at}.so`,
          content: binary(Math.ceil((bytes * 0.25) / 24)),
        })),
      },
      { entries: [whiteout('etc/0/file-3'), ...many('app', 600, (bytes * 0.2) / 600)] },
      {
        entries: [
          { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
          { path: 'run/', mode: 0o1777 },
        ],
      },
    ],
  })
  return { earlier, wanted }
}
