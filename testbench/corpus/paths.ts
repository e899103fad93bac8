/** Names that climb or are absolute, and entries for the root itself. */
import { dir, fifo, file, hardlink, layer, symlink, withLong, withPax } from './entries.js'
import { type LayerCase, refused, type Tree } from './layer-case.js'

const names: readonly (readonly [string, Tree])[] = [
  ['../x', ['x = 1']],
  ['../../../../../../../../x', ['x = 1']],
  ['/x', ['x = 1']],
  ['//x', ['x = 1']],
  ['/../x', ['x = 1']],
  ['./x', ['x = 1']],
  ['.//./x', ['x = 1']],
  ['a/../x', ['x = 1']],
  ['a/../../x', ['x = 1']],
  ['a/b/../c', ['a/', 'a/c = 1']],
  ['a//b', ['a/', 'a/b = 1']],
  ['a/./b', ['a/', 'a/b = 1']],
  ['...', ['... = 1']],
  ['..a/b', ['..a/', '..a/b = 1']],
  ['a../b', ['a../', 'a../b = 1']],
  ['x/.', ['x = 1']],
  ['x/', ['x = 1']],
]

const climbing: readonly LayerCase[] = names.map(([name, flat]) => ({
  name: `the name ${name}`,
  threat: 'climb',
  layers: [layer(file(name, '1'))],
  flat,
  umoci: 'same',
}))

/** The same name, wherever in the archive it is said. */
const said: readonly LayerCase[] = (
  [
    ['../../x', ['x = 1']],
    ['/a/b/../c', ['a/', 'a/c = 1']],
  ] as const
).flatMap(([name, flat]) => {
  const slash = name.lastIndexOf('/')
  const ways = {
    'the ustar prefix': file(name.slice(slash + 1), '1', { prefix: name.slice(0, slash) }),
    'a pax path': withPax({ path: name }, file('short', '1')),
    'a GNU long name': withLong('L', name, file('short', '1', { magic: 'gnu' })),
  }
  return Object.entries(ways).map(([way, part]): LayerCase => ({
    name: `the name ${name} in ${way}`,
    threat: 'climb',
    layers: [layer(part)],
    flat,
    umoci: 'same',
  }))
})

const roots: readonly LayerCase[] = [
  ...['.', '/', '..', './', 'a/..'].map((name): LayerCase => ({
    name: `a symlink at the root, named ${name}`,
    threat: 'root',
    layers: [layer(symlink(name, '../root-outside'), file('secret', 'x'))],
    flat: refused(/the root can only be a directory/),
    umoci: 'refuses',
  })),
  ...(
    [
      ['file', file('.', 'x')],
      ['fifo', fifo('/')],
    ] as const
  ).map(([what, part]): LayerCase => ({
    name: `a ${what} at the root`,
    threat: 'root',
    layers: [layer(part)],
    flat: refused(/the root can only be a directory/),
    umoci: 'refuses',
  })),
  {
    name: 'a hard link at the root',
    threat: 'root',
    layers: [layer(file('a'), hardlink('.', 'a'))],
    flat: refused(/the root can only be a directory/),
    umoci: 'refuses',
  },
  {
    name: 'an entry without a name',
    threat: 'root',
    layers: [layer(file('', 'x'))],
    flat: refused(/the root can only be a directory/),
    umoci: 'refuses',
  },
  {
    name: 'attributes for the root',
    threat: 'root',
    layers: [layer(dir('./', { mode: 0o711, uid: 3, gid: 4, mtime: 9 }), file('a'))],
    flat: ['. {0711 3:4 @9}', 'a ='],
    umoci: 'same',
  },
  {
    name: 'attributes for the root as /',
    threat: 'root',
    layers: [layer(file('a'), dir('/', { mode: 0o700 }))],
    flat: ['. {0700}', 'a ='],
    umoci: 'same',
  },
  {
    name: 'attributes for the root by a name that climbs',
    threat: 'root',
    layers: [layer(dir('../..', { mode: 0o700 }))],
    flat: ['. {0700}'],
    umoci: 'same',
  },
]

export const paths: readonly LayerCase[] = [...climbing, ...said, ...roots]
