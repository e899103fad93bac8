/** Cases of duplicate names, changes of type, paths below non-directories, and unusual or long names. */
import { dir, fifo, file, hardlink, layer, symlink, utf8, withLong, withPax } from './entries.js'
import { type LayerCase, refused } from './layer-case.js'
import { escapeBytes } from './render-tree.js'

const changes: readonly LayerCase[] = (
  [
    ['a file twice', [file('a', 'old', { mode: 0o777, uid: 4 }), file('a', 'new')], ['a = new']],
    ['a longer file, then a shorter one', [file('a', 'x'.repeat(2000)), file('a', 'y')], ['a = y']],
    ['a file, then a directory', [file('a', '1'), dir('a'), file('a/b', '2')], ['a/', 'a/b = 2']],
    ['a directory, then a file', [dir('a'), file('a/b', '2'), file('a', '1')], ['a = 1']],
    [
      'a directory, a file, and the directory again',
      [dir('a'), file('a/b', '1'), file('a', '2'), dir('a'), file('a/c', '3')],
      ['a/', 'a/c = 3'],
    ],
    [
      'a directory twice: its files are kept',
      [dir('a', { mode: 0o700 }), file('a/b', '1'), dir('a', { mode: 0o711 })],
      ['a/ {0711}', 'a/b = 1'],
    ],
    [
      'a directory that is listed after a file in it',
      [file('a/b', '1'), dir('a', { mode: 0o700, mtime: 3 })],
      ['a/ {0700 @3}', 'a/b = 1'],
    ],
    ['a file, then a symlink', [file('a', '1'), symlink('a', 'b')], ['a -> b']],
    ['a symlink, then a file', [symlink('a', 'b'), file('b', '1'), file('a', '2')], ['a = 2', 'b = 1']],
    ['a file, then a fifo', [file('a', '1'), fifo('a')], ['a |']],
    ['a fifo, then a file', [fifo('a'), file('a', '1')], ['a = 1']],
    [
      'a directory, then a symlink to another',
      [dir('a'), file('a/x', '1'), dir('b'), symlink('a', 'b'), file('a/y', '2')],
      ['a -> b', 'b/', 'b/y = 2'],
    ],
    [
      'one file by three spellings of its name',
      [file('a/b', '1'), file('./a//b', '2'), file('/a/c/../b', '3')],
      ['a/', 'a/b = 3'],
    ],
    [
      'a file, then a hard link to another',
      [file('a', '1'), file('b', '2'), hardlink('a', 'b')],
      ['a = 2', 'b == a'],
    ],
  ] as const
).map(([name, parts, flat]) => ({
  name,
  threat: 'duplicate',
  layers: [layer(...parts)],
  flat,
  umoci: 'same',
}))

const across: readonly LayerCase[] = (
  [
    [
      'a file over a directory of the layer below',
      [dir('a'), file('a/b', '1')],
      [file('a', '2')],
      ['a = 2'],
      ['a = 2'],
    ],
    [
      'a directory over a file of the layer below',
      [file('a', '1')],
      [dir('a'), file('a/b', '2')],
      ['a/', 'a/b = 2'],
      ['a/', 'a/b = 2'],
    ],
    [
      'a directory over a directory of the layer below',
      [dir('a', { mode: 0o700 }), file('a/b', '1')],
      [dir('a', { mode: 0o711 })],
      ['a/ {0711}', 'a/b = 1'],
      ['a/ {0711}'],
    ],
    [
      'a file below a directory that only the layer below lists',
      [dir('a', { mode: 0o700, uid: 5, mtime: 8 })],
      [file('a/b', '1')],
      ['a/ {0700 5:0 @8}', 'a/b = 1'],
      ['a/', 'a/b = 1'],
    ],
  ] as const
).map(([name, lower, upper, flat, own]) => ({
  name,
  threat: 'duplicate',
  layers: [layer(...lower), layer(...upper)],
  flat,
  own,
  umoci: 'same',
}))

const below: readonly LayerCase[] = (
  [
    ['a file below a file', [file('a', '1'), file('a/b', '2')], ['a/', 'a/b = 2']],
    ['a directory below a fifo', [fifo('a'), dir('a/b')], ['a/', 'a/b/']],
    [
      'a file below a symlink to a file',
      [file('f', '1'), symlink('a', 'f'), file('a/b', '2')],
      ['a/', 'a/b = 2', 'f = 1'],
    ],
    [
      'a file below a symlink to a path below a file',
      [file('f', '1'), symlink('a', 'f/x'), file('a/b', '2')],
      ['a/', 'a/b = 2', 'f = 1'],
    ],
    [
      'a file far below a file',
      [file('a', '1'), file('a/b/c/d', '2')],
      ['a/', 'a/b/', 'a/b/c/', 'a/b/c/d = 2'],
    ],
  ] as const
).map(([name, parts, flat]) => ({
  name,
  threat: 'below',
  layers: [layer(...parts)],
  flat,
  own: ['.wh.a = {0444}', ...flat],
  warns: ['PARENT_REPLACED'],
  umoci: 'refuses: it replaces the file from 0.6 on',
  containerd: 'refuses',
}))

const belowLower: readonly LayerCase[] = (
  [
    ['a file below a file of the lower layer', [file('a', '1')], [file('a/b', '2')], ['a/', 'a/b = 2']],
    [
      'a directory below a fifo of the lower layer',
      [fifo('a'), file('z', '1')],
      [dir('a/b', { mode: 0o700 })],
      ['a/', 'a/b/ {0700}', 'z = 1'],
    ],
    [
      'a file below a symlink of the lower layer to a file',
      [file('f', '1'), symlink('a', 'f')],
      [file('a/b', '2')],
      ['a/', 'a/b = 2', 'f = 1'],
    ],
    [
      'a hard link below a file of the lower layer',
      [file('a', '1')],
      [file('x', '3'), hardlink('a/b', 'x')],
      ['a/', 'a/b = 3', 'x == a/b'],
    ],
  ] as const
).map(([name, lower, upper, flat]) => ({
  name,
  threat: 'below',
  layers: [layer(...lower), layer(...upper)],
  flat,
  own: flat.filter((line) => !/^[fz] /.test(line)),
  umoci: 'refuses: it replaces the file from 0.6 on',
  containerd: 'the same, by overlayfs',
}))

const belowOther: readonly LayerCase[] = [
  {
    name: 'a whiteout below a file of the same layer',
    threat: 'below',
    layers: [layer(file('a', '1'), file('a/.wh.b'))],
    flat: ['a = 1'],
    umoci: 'same',
  },
  {
    name: 'a hard link below the file that it links to',
    threat: 'below',
    layers: [layer(file('a', '1'), hardlink('a/b', 'a'))],
    flat: refused(/hard link to/),
    warns: ['PARENT_REPLACED'],
    umoci: 'refuses',
  },
]

const unusualName = (name: string, what: string, umoci: LayerCase['umoci'] = 'same'): LayerCase => ({
  name: `a name ${what}`,
  threat: 'name',
  layers: [layer(file(name, '1'))],
  flat: [`${escapeBytes(name)} = 1`],
  umoci,
})

const unusualNames: readonly LayerCase[] = [
  unusualName('a\nb', 'with a newline'),
  unusualName('a\x1b[31mb', 'with a terminal escape'),
  unusualName('a\\b', 'with a backslash'),
  unusualName('\xff\xfe\x80', 'that is not UTF-8'),
  unusualName(utf8('é'), 'of composed UTF-8'),
  unusualName(utf8('e\u0301'), 'of decomposed UTF-8'),
  unusualName(utf8('漢字 🎉'), 'beyond latin1'),
  unusualName('-rf', 'that looks like an option'),
  unusualName(' a ', 'with blanks around it'),
  unusualName('C:', 'that looks like a drive'),
  unusualName('CON', 'that is reserved in Windows'),
  unusualName('a.', 'that ends with a dot'),
  unusualName('__proto__', '__proto__'),
  unusualName('constructor', 'constructor'),
  unusualName('"quoted" $(x) `y`', 'that a shell would execute'),
  {
    name: 'names of every byte except slash, dot and NUL',
    threat: 'name',
    layers: [
      layer(
        ...Array.from({ length: 255 }, (_, i) => i + 1)
          .filter((byte) => byte !== 0x2f && byte !== 0x2e)
          .map((byte) => file(String.fromCharCode(byte))),
      ),
    ],
    flat: Array.from({ length: 255 }, (_, i) => i + 1)
      .filter((byte) => byte !== 0x2f && byte !== 0x2e)
      .map((byte) => `${escapeBytes(String.fromCharCode(byte))} =`),
    umoci: 'same',
  },
  {
    name: '__proto__ as a directory with files in it',
    threat: 'name',
    layers: [layer(dir('__proto__'), file('__proto__/x', '1'))],
    flat: ['__proto__/', '__proto__/x = 1'],
    umoci: 'same',
  },
  {
    name: 'a NUL in a pax path',
    threat: 'name',
    layers: [layer(withPax({ path: 'a\0b' }, file('x', '1')))],
    flat: refused(/contains a NUL byte/),
    umoci: 'refuses',
  },
  {
    name: 'a NUL in a pax linkpath',
    threat: 'name',
    layers: [layer(withPax({ linkpath: 'a\0b' }, symlink('x', 'y')))],
    flat: refused(/contains a NUL byte/),
    umoci: 'refuses',
  },
  {
    name: 'a pax path that is not UTF-8',
    threat: 'name',
    layers: [layer(withPax({ path: '\xff/\x80' }, file('x', '1')))],
    flat: ['\\xff/', '\\xff/\\x80 = 1'],
    umoci: 'same',
  },
]

const deep = (levels: number): string => Array.from({ length: levels }, () => 'd').join('/')

const long: readonly LayerCase[] = [
  {
    name: 'a component of 255 bytes',
    threat: 'long',
    layers: [layer(withPax({ path: 'n'.repeat(255) }, file('x', '1')))],
    flat: [`${'n'.repeat(255)} = 1`],
    umoci: 'same',
  },
  {
    name: 'a component of 256 bytes',
    threat: 'long',
    layers: [layer(withPax({ path: 'n'.repeat(256) }, file('x', '1')))],
    flat: refused(/has 256 bytes, more than 255/),
    umoci: 'refuses',
  },
  {
    name: 'a directory of 256 bytes above a file',
    threat: 'long',
    layers: [layer(withPax({ path: `${'n'.repeat(256)}/x` }, file('x', '1')))],
    flat: refused(/has 256 bytes, more than 255/),
    umoci: 'refuses',
  },
  {
    name: 'a whiteout of a name of 252 bytes',
    threat: 'long',
    layers: [layer(withPax({ path: `.wh.${'n'.repeat(252)}` }, file('x')))],
    flat: [],
    own: refused(/has 256 bytes, more than 255/),
    umoci: 'same',
  },
  {
    name: 'a path of nearly the maximum length of Linux, 15 × 255 bytes',
    threat: 'long',
    layers: [layer(withLong('L', `${`${'n'.repeat(255)}/`.repeat(15)}x`, file('s', '1', { magic: 'gnu' })))],
    flat: [
      ...Array.from(
        { length: 15 },
        (_, i) => `${Array.from({ length: i + 1 }, () => 'n'.repeat(255)).join('/')}/`,
      ),
      `${`${'n'.repeat(255)}/`.repeat(15)}x = 1`,
    ],
    umoci: 'same',
  },
  {
    name: 'a path longer than the maximum of Linux',
    threat: 'long',
    layers: [layer(withLong('L', `${`${'n'.repeat(255)}/`.repeat(16)}x`, file('s', '1', { magic: 'gnu' })))],
    flat: refused(/ is 4,097 bytes, more than the limit pathBytes \(4 KiB\)/, 'LIMIT_EXCEEDED'),
    umoci: 'refuses',
  },
  {
    name: 'a directory of 250 levels',
    threat: 'long',
    layers: [layer(withLong('L', `${deep(250)}/x`, file('s', '1', { magic: 'gnu' })))],
    flat: [...Array.from({ length: 250 }, (_, i) => `${deep(i + 1)}/`), `${deep(250)}/x = 1`],
    umoci: 'same',
  },
  {
    name: 'a directory of 900 levels',
    threat: 'long',
    layers: [layer(withLong('L', `${deep(900)}/x`, file('s', '1', { magic: 'gnu' })))],
    flat: [...Array.from({ length: 900 }, (_, i) => `${deep(i + 1)}/`), `${deep(900)}/x = 1`],
    umoci: 'same',
  },
  {
    name: 'a directory of 2,040 levels, whose path below a root is too long for Linux',
    threat: 'long',
    layers: [layer(withLong('L', deep(2040), dir('s', { magic: 'gnu' })))],
    flat: refused(/is longer than 4095 bytes/),
    umoci: 'refuses',
  },
]

export const names: readonly LayerCase[] = [
  ...changes,
  ...across,
  ...below,
  ...belowLower,
  ...belowOther,
  ...unusualNames,
  ...long,
]
