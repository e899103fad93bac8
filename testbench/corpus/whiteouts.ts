/** Cases of plain and opaque whiteouts. */
import { char, dir, fifo, file, hardlink, layer, symlink, withPax } from './entries.js'
import { type LayerCase, refused, type Tree } from './layer-case.js'

const lower = layer(
  dir('d', { mode: 0o711 }),
  file('d/a', '1'),
  file('d/b', '2'),
  dir('d/sub'),
  file('d/sub/x', '3'),
  symlink('link', 'd'),
  symlink('out', '../root-outside'),
)
const kept: Tree = [
  'd/ {0711}',
  'd/a = 1',
  'd/b = 2',
  'd/sub/',
  'd/sub/x = 3',
  'link -> d',
  'out -> ../root-outside',
]
const without = (...gone: string[]): Tree =>
  kept.filter((line) => !gone.some((path) => line.startsWith(path)))
/** Sorts lines by the bytes of their paths. */
const sorted = (...lines: string[]): Tree =>
  lines.sort((a, b) => (a.split(/[ /]*(?: |$)/)[0]! < b.split(/[ /]*(?: |$)/)[0]! ? -1 : 1))

type Row = readonly [
  what: string,
  upper: Buffer,
  flat: LayerCase['flat'],
  own: LayerCase['flat'],
  umoci: LayerCase['umoci'],
]

const rows =
  (threat: LayerCase['threat']) =>
  ([name, upper, flat, own, umoci]: Row): LayerCase => ({
    name,
    threat,
    layers: [lower, upper],
    flat,
    own,
    umoci,
  })

const plain: readonly Row[] = [
  ['a whiteout of a file', layer(file('d/.wh.a')), without('d/a'), ['d/', 'd/.wh.a = {0444}'], 'same'],
  ['a whiteout of a directory', layer(file('.wh.d')), without('d'), ['.wh.d = {0444}'], 'same'],
  ['a whiteout of a symlink', layer(file('.wh.link')), without('link'), ['.wh.link = {0444}'], 'same'],
  [
    'a whiteout of a symlink that leads out',
    layer(file('.wh.out')),
    without('out'),
    ['.wh.out = {0444}'],
    'same',
  ],
  ['a whiteout of a missing name', layer(file('.wh.none')), kept, ['.wh.none = {0444}'], 'same'],
  [
    'a whiteout in a missing directory',
    layer(file('no/.wh.none')),
    kept,
    ['no/', 'no/.wh.none = {0444}'],
    'same',
  ],
  [
    'a whiteout through a symlink',
    layer(file('link/.wh.a')),
    without('d/a'),
    ['link/', 'link/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout through a symlink that leads out',
    layer(file('out/.wh.secret')),
    kept,
    ['out/', 'out/.wh.secret = {0444}'],
    'same',
  ],
  [
    'a whiteout by a name that climbs out',
    layer(file('../root-outside/.wh.secret')),
    kept,
    ['root-outside/', 'root-outside/.wh.secret = {0444}'],
    'same',
  ],
  [
    'a whiteout by an absolute name',
    layer(file('/d/.wh.a')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout by a name with ..',
    layer(file('d/sub/../.wh.a')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout without a name',
    layer(file('.wh.')),
    refused(/a whiteout without a name/),
    refused(/a whiteout without a name/),
    'refuses',
  ],
  [
    'a whiteout without a name in a directory',
    layer(file('d/.wh.')),
    refused(/a whiteout without a name/),
    refused(/a whiteout without a name/),
    'refuses',
  ],
  [
    'a whiteout of .',
    layer(file('d/.wh..')),
    refused(/a whiteout of "\." or "\.\."/),
    refused(/a whiteout of "\." or "\.\."/),
    'refuses',
  ],
  [
    'a whiteout of ..',
    layer(file('d/.wh...')),
    refused(/a whiteout of "\." or "\.\."/),
    refused(/a whiteout of "\." or "\.\."/),
    'refuses',
  ],
  [
    'a whiteout of .. with a slash',
    layer(dir('d/.wh.../')),
    refused(/a whiteout of "\." or "\.\."/),
    refused(/a whiteout of "\." or "\.\."/),
    'refuses',
  ],
  [
    'a whiteout of .. at the root',
    layer(file('.wh...')),
    refused(/a whiteout of "\." or "\.\."/),
    refused(/a whiteout of "\." or "\.\."/),
    'refuses',
  ],
  ['a whiteout of ....', layer(file('d/.wh.....')), kept, ['d/', 'd/.wh..... = {0444}'], 'same'],
  [
    'a whiteout after the new file of its name',
    layer(file('d/a', 'new'), file('d/.wh.a')),
    sorted(...without('d/a'), 'd/a = new'),
    ['d/', 'd/.wh.a = {0444}', 'd/a = new'],
    'same',
  ],
  [
    'a whiteout before the new file of its name',
    layer(file('d/.wh.a'), file('d/a', 'new')),
    sorted(...without('d/a'), 'd/a = new'),
    ['d/', 'd/.wh.a = {0444}', 'd/a = new'],
    'same',
  ],
  [
    'a whiteout before the new directory of its name',
    layer(file('.wh.d'), dir('d'), file('d/n', '4')),
    sorted(...without('d'), 'd/', 'd/n = 4'),
    ['.wh.d = {0444}', 'd/', 'd/n = 4'],
    'same',
  ],
  [
    'a whiteout after the new directory of its name',
    layer(dir('d'), file('d/n', '4'), file('.wh.d')),
    sorted(...without('d'), 'd/', 'd/n = 4'),
    ['.wh.d = {0444}', 'd/', 'd/n = 4'],
    'same',
  ],
  [
    'a whiteout after a file below the directory that it names',
    layer(file('d/n', '4'), file('.wh.d')),
    sorted(...without('d'), 'd/', 'd/n = 4'),
    ['.wh.d = {0444}', 'd/', 'd/n = 4'],
    'differs: the directory keeps the attributes of the layer below',
  ],
  [
    'a whiteout and a file in the place of a directory',
    layer(file('.wh.d'), file('d', 'now a file')),
    sorted(...without('d'), 'd = now\\x20a\\x20file'),
    ['.wh.d = {0444}', 'd = now\\x20a\\x20file'],
    'same',
  ],
  [
    'a whiteout that is a directory',
    layer(dir('d/.wh.a')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout that is a symlink',
    layer(symlink('d/.wh.a', '../../root-outside/secret')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout that is a hard link',
    layer(hardlink('d/.wh.a', '/etc/passwd')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a whiteout that is a device',
    layer(char('d/.wh.a', 1, 3)),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  ['a whiteout that is a fifo', layer(fifo('d/.wh.a')), without('d/a'), ['d/', 'd/.wh.a = {0444}'], 'same'],
  [
    'a whiteout with content and attributes',
    layer(withPax({ 'SCHILY.xattr.user.k': 'v' }, file('d/.wh.a', 'content', { mode: 0o777, uid: 5 }))),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'a file below a whiteout',
    layer(file('d/.wh.a/x', 'y')),
    kept,
    [],
    'differs: it makes a directory of that name',
  ],
  ['a whiteout of a whiteout', layer(file('d/.wh..wh.a')), kept, [], 'same'],
  [
    'a whiteout twice',
    layer(file('d/.wh.a'), file('d/.wh.a')),
    without('d/a'),
    ['d/', 'd/.wh.a = {0444}'],
    'same',
  ],
  [
    'the link directories of AUFS',
    layer(dir('.wh..wh.plnk'), file('.wh..wh.plnk/1.2', 'x'), dir('.wh..wh.orph'), file('.wh..wh.aufs')),
    kept,
    [],
    'differs: it keeps the directory',
  ],
]

const opaque: readonly Row[] = [
  [
    'an opaque whiteout first',
    layer(dir('d'), file('d/.wh..wh..opq'), file('d/n', '4')),
    ['d/', 'd/n = 4', ...without('d')],
    ['d/', 'd/.wh..wh..opq = {0444}', 'd/n = 4'],
    'same',
  ],
  [
    'an opaque whiteout last',
    layer(dir('d'), file('d/n', '4'), file('d/.wh..wh..opq')),
    ['d/', 'd/n = 4', ...without('d')],
    ['d/', 'd/.wh..wh..opq = {0444}', 'd/n = 4'],
    'same',
  ],
  [
    'an opaque whiteout between',
    layer(dir('d'), file('d/a', 'new'), file('d/.wh..wh..opq'), file('d/n', '4')),
    ['d/', 'd/a = new', 'd/n = 4', ...without('d')],
    ['d/', 'd/.wh..wh..opq = {0444}', 'd/a = new', 'd/n = 4'],
    'same',
  ],
  [
    'an opaque whiteout of the root',
    layer(file('.wh..wh..opq'), file('n', '4')),
    ['n = 4'],
    ['.wh..wh..opq = {0444}', 'n = 4'],
    'same',
  ],
  [
    'an opaque whiteout of the root, last',
    layer(file('n', '4'), file('.wh..wh..opq')),
    ['n = 4'],
    ['.wh..wh..opq = {0444}', 'n = 4'],
    'same',
  ],
  [
    'an opaque whiteout above a file that the layer has',
    layer(file('d/sub/n', '4'), file('d/.wh..wh..opq')),
    ['d/ {0711}', 'd/sub/', 'd/sub/n = 4', ...without('d')],
    ['d/', 'd/.wh..wh..opq = {0444}', 'd/sub/', 'd/sub/n = 4'],
    'same',
  ],
  [
    'an opaque whiteout through a symlink',
    layer(file('link/.wh..wh..opq')),
    ['d/ {0711}', ...without('d')],
    ['link/', 'link/.wh..wh..opq = {0444}'],
    'same',
  ],
  [
    'an opaque whiteout through a symlink that leads out',
    layer(file('out/.wh..wh..opq')),
    kept,
    ['out/', 'out/.wh..wh..opq = {0444}'],
    'same',
  ],
  [
    'an opaque whiteout in a missing directory',
    layer(file('no/.wh..wh..opq')),
    kept,
    ['no/', 'no/.wh..wh..opq = {0444}'],
    'same',
  ],
  [
    'an opaque whiteout below a file',
    layer(file('d/a/.wh..wh..opq')),
    kept,
    ['d/', 'd/a/', 'd/a/.wh..wh..opq = {0444}'],
    'same',
  ],
  [
    'an opaque whiteout and a plain one beside it',
    layer(file('d/.wh.a'), file('d/.wh..wh..opq'), file('d/a', 'new')),
    ['d/ {0711}', 'd/a = new', ...without('d')],
    ['d/', 'd/.wh..wh..opq = {0444}', 'd/.wh.a = {0444}', 'd/a = new'],
    'same',
  ],
]

const alone: readonly LayerCase[] = [
  {
    name: 'whiteouts in a base layer',
    threat: 'whiteout',
    layers: [layer(file('.wh.a'), file('d/.wh..wh..opq'), file('b', '1'))],
    flat: ['b = 1'],
    own: ['.wh.a = {0444}', 'b = 1', 'd/', 'd/.wh..wh..opq = {0444}'],
    umoci: 'same',
  },
  {
    name: 'names that are nearly whiteouts',
    threat: 'whiteout',
    layers: [layer(file('.wh', '1'), file('.wha', '2'), file('x.wh.a', '3'), file('.WH.a', '4'))],
    flat: ['.WH.a = 4', '.wh = 1', '.wha = 2', 'x.wh.a = 3'],
    umoci: 'same',
  },
  {
    name: 'a third layer restores a file that the second removed',
    threat: 'whiteout',
    layers: [lower, layer(file('d/.wh.a'), file('.wh.link')), layer(file('d/a', 'again'))],
    flat: ['d/ {0711}', 'd/a = again', 'd/b = 2', 'd/sub/', 'd/sub/x = 3', 'out -> ../root-outside'],
    own: ['d/', 'd/a = again'],
    umoci: 'same',
  },
]

export const whiteouts: readonly LayerCase[] = [
  ...plain.map(rows('whiteout')),
  ...opaque.map(rows('opaque')),
  ...alone,
]
