/** Cases of hard links: to targets outside of the root, to links and directories, and through shared inodes. */
import { dir, fifo, file, hardlink, layer, symlink } from './entries.js'
import { type LayerCase, refused } from './layer-case.js'

/** Link target outside of the root: the tree next to it, which must not change. */
const outside = '../root-outside'

const hard: readonly LayerCase[] = [
  ...['a', '/a', './a', '../../a', 'x/../a', '//a'].map((target): LayerCase => ({
    name: `a hard link to ${target}`,
    threat: 'hardlink',
    layers: [layer(file('a', '1'), hardlink('b', target))],
    flat: ['a = 1', 'b == a'],
    umoci: 'same',
  })),
  ...[
    ['/etc/passwd', 'a file of the host'],
    [`${outside}/secret`, 'a file beside the root'],
    ['/proc/self/root/etc/passwd', 'a file by way of /proc'],
    ['missing', 'nothing'],
    ['b', 'itself, which does not exist'],
  ].map(([target = '', what = '']): LayerCase => ({
    name: `a hard link to ${what}`,
    threat: 'hardlink',
    layers: [layer(file('a', '1'), hardlink('b', target))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  })),
  {
    name: 'a hard link through a symlink that leads out',
    threat: 'hardlink',
    layers: [layer(symlink('l', outside), hardlink('b', 'l/secret'))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link through a symlink that stays in',
    threat: 'hardlink',
    layers: [layer(dir('d'), file('d/a', '1'), symlink('l', 'd'), hardlink('b', 'l/a'))],
    flat: ['b = 1', 'd/', 'd/a == b', 'l -> d'],
    umoci: 'same',
  },
  {
    name: 'a hard link to a symlink that leads out',
    threat: 'hardlink',
    layers: [layer(symlink('s', `${outside}/secret`), hardlink('d/t', 's'))],
    flat: ['d/', `d/t -> ${outside}/secret`, 's == d/t'],
    umoci: 'same',
  },
  {
    name: 'a hard link to a fifo',
    threat: 'hardlink',
    layers: [layer(fifo('p'), hardlink('q', 'p'))],
    flat: ['p |', 'q == p'],
    umoci: 'same',
  },
  {
    name: 'a hard link to a directory',
    threat: 'hardlink',
    layers: [layer(dir('d'), hardlink('b', 'd'))],
    flat: refused(/which is a directory/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link to the root',
    threat: 'hardlink',
    layers: [layer(hardlink('b', '/'))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link to its own name',
    threat: 'hardlink',
    layers: [layer(file('a', '1'), hardlink('a', 'a'))],
    flat: ['a = 1'],
    umoci: 'refuses: it removes the file before it links it',
  },
  {
    name: 'a hard link over the directory that its target is in',
    threat: 'hardlink',
    layers: [layer(dir('d'), file('d/f', '1'), hardlink('d', 'd/f'))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link over the symlink that leads to its target',
    threat: 'hardlink',
    layers: [layer(dir('d'), file('d/f', '1'), symlink('l', 'd'), hardlink('l', 'l/f'))],
    flat: ['d/', 'd/f = 1', 'l == d/f'],
    umoci: 'refuses',
  },
  {
    name: 'a hard link before its target',
    threat: 'hardlink',
    layers: [layer(hardlink('b', 'a'), file('a', '1'))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link without a target',
    threat: 'hardlink',
    layers: [layer(hardlink('b', ''))],
    flat: refused(/a link without a target/),
    umoci: 'refuses',
  },
  {
    name: 'a hard link to a file of the layer below',
    threat: 'hardlink',
    layers: [layer(file('a', '1')), layer(hardlink('b', 'a'))],
    flat: ['a = 1', 'b == a'],
    own: refused(/which is not in the tree/),
    umoci: 'same',
  },
  {
    name: 'a hard link to the name of a whiteout',
    threat: 'hardlink',
    layers: [layer(file('.wh.a'), hardlink('b', '.wh.a'))],
    flat: refused(/which is not in the tree/),
    umoci: 'refuses',
  },
  {
    name: 'the size of a hard link is ignored: a header follows',
    threat: 'hardlink',
    layers: [layer(file('a', '1'), hardlink('b', 'a', { size: 512 }), file('c', '3'))],
    flat: ['a = 1', 'b == a', 'c = 3'],
    umoci: 'same',
  },
  {
    name: 'attributes of a hard link are those of its target',
    threat: 'hardlink',
    layers: [layer(file('a', '1'), hardlink('b', 'a', { mode: 0o777, uid: 9, mtime: 9 }))],
    flat: ['a = 1', 'b == a'],
    umoci: 'same',
  },
]

const inodes: readonly LayerCase[] = [
  {
    name: 'a file over one of two hard links',
    threat: 'inode',
    layers: [layer(file('a', 'old'), hardlink('b', 'a'), file('b', 'new'))],
    flat: ['a = old', 'b = new'],
    umoci: 'same',
  },
  {
    name: 'a file over one of two hard links of the layer below',
    threat: 'inode',
    layers: [layer(file('a', 'old'), hardlink('b', 'a')), layer(file('b', 'new'))],
    flat: ['a = old', 'b = new'],
    own: ['b = new'],
    umoci: 'same',
  },
  {
    name: 'a symlink over one of two hard links',
    threat: 'inode',
    layers: [layer(file('a', 'old'), hardlink('b', 'a'), symlink('b', 'a'))],
    flat: ['a = old', 'b -> a'],
    umoci: 'same',
  },
  {
    name: 'a hard link over another file',
    threat: 'inode',
    layers: [layer(file('a', '1'), file('b', '2'), hardlink('c', 'b'), hardlink('b', 'a'))],
    flat: ['a = 1', 'b == a', 'c = 2'],
    umoci: 'same',
  },
]

export const hardlinks: readonly LayerCase[] = [...hard, ...inodes]
