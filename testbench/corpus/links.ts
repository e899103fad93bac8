/** Cases of symlinks: within a layer, across layers, and cyclic. */
import { dir, fifo, file, layer, symlink, withLong, withPax } from './entries.js'
import { type LayerCase, refused } from './layer-case.js'

/** Link target outside of the root: the tree next to it, which must not change. */
const outside = '../root-outside'

const through: readonly LayerCase[] = [
  ...[outside, '/root-outside', '../../../../../../../root-outside', './../root-outside/.'].map(
    (target): LayerCase => ({
      name: `a file below a symlink to ${target}`,
      threat: 'link',
      layers: [layer(symlink('l', target), file('l/secret', 'x'))],
      flat: [`l -> ${target}`, 'root-outside/', 'root-outside/secret = x'],
      umoci: 'same',
    }),
  ),
  {
    name: 'a file below a symlink of the layer below',
    threat: 'link',
    layers: [layer(symlink('l', outside)), layer(file('l/secret', 'x'))],
    flat: [`l -> ${outside}`, 'root-outside/', 'root-outside/secret = x'],
    own: ['l/', 'l/secret = x'],
    umoci: 'same',
  },
  {
    name: 'a directory and a file below a chain of symlinks',
    threat: 'link',
    layers: [
      layer(symlink('a', 'b'), symlink('b', 'c/../..'), dir('a/root-outside'), file('a/root-outside/x')),
    ],
    flat: ['a -> b', 'b -> c/../..', 'root-outside/', 'root-outside/x ='],
    umoci: 'same',
  },
  {
    name: 'a file below a symlink to the root of the host',
    threat: 'link',
    layers: [layer(symlink('l', '/'), file('l/x', '1'))],
    flat: ['l -> /', 'x = 1'],
    umoci: 'same',
  },
  {
    name: 'usr-merge: a file below a symlink to a directory',
    threat: 'link',
    layers: [layer(dir('usr'), dir('usr/lib'), symlink('lib', 'usr/lib'), file('lib/libc', 'c'))],
    flat: ['lib -> usr/lib', 'usr/', 'usr/lib/', 'usr/lib/libc = c'],
    umoci: 'same',
  },
  {
    name: 'usr-merge over two layers',
    threat: 'link',
    layers: [layer(dir('usr'), dir('usr/lib'), symlink('lib', 'usr/lib')), layer(file('lib/libc', 'c'))],
    flat: ['lib -> usr/lib', 'usr/', 'usr/lib/', 'usr/lib/libc = c'],
    own: ['lib/', 'lib/libc = c'],
    umoci: 'same',
  },
  {
    name: 'a name with .. behind a symlink is cleaned as text',
    threat: 'link',
    layers: [layer(dir('d'), dir('d/e'), symlink('l', 'd/e'), file('l/../x', '1'))],
    flat: ['d/', 'd/e/', 'l -> d/e', 'x = 1'],
    umoci: 'same',
  },
  {
    name: 'a file over a symlink to a file outside',
    threat: 'link',
    layers: [layer(symlink('a', `${outside}/secret`), file('a', 'mine'))],
    flat: ['a = mine'],
    umoci: 'same',
  },
  {
    name: 'a file over a symlink of the layer below',
    threat: 'link',
    layers: [layer(symlink('a', `${outside}/secret`)), layer(file('a', 'mine'))],
    flat: ['a = mine'],
    own: ['a = mine'],
    umoci: 'same',
  },
  {
    name: 'a fifo over a symlink to a file outside',
    threat: 'link',
    layers: [layer(symlink('a', `${outside}/secret`), fifo('a'))],
    flat: ['a |'],
    umoci: 'same',
  },
]

const swapped: readonly LayerCase[] = [
  {
    name: 'a directory becomes a symlink, then files are put below it',
    threat: 'swap',
    layers: [layer(dir('d'), file('d/1'), symlink('d', outside), file('d/secret', 'x'))],
    flat: [`d -> ${outside}`, 'root-outside/', 'root-outside/secret = x'],
    umoci: 'same',
  },
  {
    name: 'a parent of a known directory becomes a symlink',
    threat: 'swap',
    layers: [layer(dir('d/e/f'), file('d/e/f/1'), symlink('d', outside), file('d/e/f/secret', 'x'))],
    flat: [
      `d -> ${outside}`,
      'root-outside/',
      'root-outside/e/',
      'root-outside/e/f/',
      'root-outside/e/f/secret = x',
    ],
    umoci: 'same',
  },
  {
    name: 'a directory of the layer below becomes a symlink',
    threat: 'swap',
    layers: [layer(dir('d'), file('d/old')), layer(symlink('d', outside), file('d/secret', 'x'))],
    flat: [`d -> ${outside}`, 'root-outside/', 'root-outside/secret = x'],
    own: [`d -> ${outside}`, 'root-outside/', 'root-outside/secret = x'],
    umoci: 'same',
  },
  {
    name: 'directory, symlink, directory again: nothing goes through the link',
    threat: 'swap',
    layers: [layer(dir('d'), symlink('d', outside), dir('d'), file('d/secret', 'x'))],
    flat: ['d/', 'd/secret = x'],
    umoci: 'same',
  },
  {
    name: 'names alike but for their case or composition',
    threat: 'swap',
    layers: [layer(dir('D'), symlink('d', outside), file('D/secret', 'x'), file('d/y', 'y'))],
    flat: ['D/', 'D/secret = x', `d -> ${outside}`, 'root-outside/', 'root-outside/y = y'],
    umoci: 'same',
  },
  {
    name: 'a directory entry over a symlink to a directory outside',
    threat: 'attributes',
    layers: [layer(symlink('d', outside), dir('d', { mode: 0o777, uid: 7, mtime: 5 }))],
    flat: ['d/ {0777 7:0 @5}'],
    umoci: 'same',
  },
  {
    name: 'a directory entry over a symlink of the layer below',
    threat: 'attributes',
    layers: [layer(symlink('d', outside)), layer(dir('d', { mode: 0o777 }))],
    flat: ['d/ {0777}'],
    own: ['d/ {0777}'],
    umoci: 'same',
  },
  {
    name: 'owner, mode and time of a symlink are its own',
    threat: 'attributes',
    layers: [layer(symlink('l', `${outside}/secret`, { uid: 5, gid: 6, mtime: 7, mode: 0o777 }))],
    flat: [`l -> ${outside}/secret {5:6 @7}`],
    umoci: 'same',
  },
]

const targets: readonly LayerCase[] = [
  ...['/etc/passwd', '../../..', 'a//b/./', './x', ' ', '\\', '-rf', 'a\nb', 'caf\xe9'].map(
    (target): LayerCase => ({
      name: `the link target ${JSON.stringify(target)}`,
      threat: 'target',
      layers: [layer(symlink('l', target))],
      flat: [
        `l -> ${target.replace(/[^\x21-\x7e]|\\/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}`,
      ],
      umoci: 'same',
    }),
  ),
  {
    name: 'a link target of 4,000 bytes as a GNU long link',
    threat: 'target',
    layers: [layer(withLong('K', 'x'.repeat(4000), symlink('l', 'short', { magic: 'gnu' })))],
    flat: [`l -> ${'x'.repeat(4000)}`],
    umoci: 'same',
  },
  {
    name: 'a link target of 4,000 bytes as a pax record',
    threat: 'target',
    layers: [layer(withPax({ linkpath: 'x'.repeat(4000) }, symlink('l', 'short')))],
    flat: [`l -> ${'x'.repeat(4000)}`],
    umoci: 'same',
  },
  {
    name: 'a link target longer than Linux has',
    threat: 'target',
    layers: [layer(withPax({ linkpath: 'x'.repeat(4096) }, symlink('l', 'short')))],
    flat: refused(/ENAMETOOLONG/),
    umoci: 'refuses',
  },
  {
    name: 'a symlink without a target',
    threat: 'target',
    layers: [layer(symlink('l', ''))],
    flat: refused(/a link without a target/),
    umoci: 'refuses',
  },
]

const chain = (length: number): Buffer[] =>
  Array.from({ length }, (_, i) => symlink(`l${i}`, i + 1 === length ? 'end' : `l${i + 1}`))

const loops: readonly LayerCase[] = [
  {
    name: 'a file below two symlinks to each other',
    threat: 'loop',
    layers: [layer(symlink('a', 'b'), symlink('b', 'a'), file('a/x'))],
    flat: refused(/more than 40 symlinks/),
    umoci: 'refuses',
  },
  {
    name: 'a file below a symlink to itself',
    threat: 'loop',
    layers: [layer(symlink('a', 'a'), file('a/x'))],
    flat: refused(/more than 40 symlinks/),
    umoci: 'refuses',
  },
  {
    name: 'a symlink to itself that nothing goes through',
    threat: 'loop',
    layers: [layer(symlink('a', 'a'))],
    flat: ['a -> a'],
    umoci: 'same',
  },
  {
    name: 'a file below a chain of 40 symlinks',
    threat: 'loop',
    layers: [layer(...chain(40), file('l0/x', '1'))],
    flat: [
      'end/',
      'end/x = 1',
      ...Array.from({ length: 40 }, (_, i) => `l${i} -> ${i === 39 ? 'end' : `l${i + 1}`}`).sort(),
    ],
    umoci: 'same',
  },
  {
    name: 'a file below a chain of 41 symlinks',
    threat: 'loop',
    layers: [layer(...chain(41), file('l0/x', '1'))],
    flat: refused(/more than 40 symlinks/),
    umoci: 'differs: it follows up to 255',
  },
  {
    name: 'a symlink that doubles with every step',
    threat: 'loop',
    layers: [layer(symlink('a', 'a/a/a/a/a/a/a/a'), file('a/x'))],
    flat: refused(/more than 40 symlinks/),
    umoci: 'refuses',
  },
]

export const links: readonly LayerCase[] = [...through, ...swapped, ...targets, ...loops]
