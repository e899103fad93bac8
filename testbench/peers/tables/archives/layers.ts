/** Results of the tests of containerd and container-libs for unpacked layers. */
import { type Part, dir, file, hardlink, symlink } from '../../../corpus/entries.js'
import { type Row, type Table, agreeingRows, differingRows, refused } from '../../row.js'
import {
  type LayerCase,
  type Line,
  type TreeProperty,
  absent,
  oneLayer,
  twoLayers,
  same,
  untouched,
} from './layer-look.js'

const etc = [dir('etc'), file('etc/passwd', 'inside')]
const unbroken = { content: 'etc/unbroken' }
const linked = (a: string): TreeProperty => ({ same: [a, 'etc/passwd'] })

const links: readonly Line[] = [
  oneLayer(
    'a file through an absolute link',
    [dir('etc'), symlink('localetc', '/etc'), file('/localetc/unbroken', 'u')],
    unbroken,
    'u',
  ),
  oneLayer(
    'a file through a link up and down',
    [dir('etc'), dir('dummy'), symlink('localetc', '/dummy/../etc'), file('/localetc/unbroken', 'u')],
    unbroken,
    'u',
  ),
  ...['/dummy/etc', './dummy/etc'].map((target) =>
    oneLayer(
      `a file through a link beside a link to ${target}`,
      [
        dir('etc'),
        dir('dummy'),
        symlink('dummy/etc', '/etc'),
        symlink('localetc', target),
        file('dummy/etc/unbroken', 'u'),
      ],
      unbroken,
      'u',
    ),
  ),
  oneLayer(
    'a file that is emptied through a link',
    [dir('etc'), file('etc/emptied', 'notempty'), symlink('localetc', '/etc'), file('localetc/emptied')],
    { content: 'etc/emptied' },
    '',
  ),
  oneLayer(
    'a hard link through a relative link',
    [
      ...etc,
      dir('breakouts'),
      symlink('breakouts/d1', '../../etc'),
      hardlink('breakouts/mypasswd', '/breakouts/d1/passwd'),
    ],
    linked('breakouts/mypasswd'),
    same,
  ),
  oneLayer(
    'a hard link through a link down and out',
    [
      ...[...etc, dir('breakouts'), dir('downandout'), symlink('breakouts/d1', '../downandout/../../etc')],
      hardlink('breakouts/mypasswd', '/breakouts/d1/passwd'),
    ],
    linked('breakouts/mypasswd'),
    same,
  ),
  ...['/etc', '../../../../../../../etc', 'upandout/../../../etc'].map((target) =>
    oneLayer(
      `a hard link through a link to ${target}`,
      [...etc, symlink('localetc', target), hardlink('localpasswd', '/localetc/passwd')],
      linked('localpasswd'),
      same,
    ),
  ),
  ...['../../../../../etc/passwd', '/etc/passwd'].map((target) =>
    oneLayer(
      `a hard link to ${target}`,
      [...etc, hardlink('localpasswd', target)],
      linked('localpasswd'),
      same,
    ),
  ),
  oneLayer(
    'a hard link into a directory with a slash at its end',
    [...etc, dir('localetc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  ...['/etc', '../../etc'].map((target) =>
    twoLayers(
      `a link to ${target} over a directory`,
      [...etc, dir('localetc')],
      [symlink('localetc', target), hardlink('/localetc/localpasswd', '/etc/passwd')],
      linked('localetc/localpasswd'),
      same,
    ),
  ),
  oneLayer(
    'a link whose name ends in two dots',
    [...etc, symlink('localetc/sub/..', '/etc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  twoLayers(
    'a directory over a link',
    [...etc, symlink('localetc', '/etc')],
    [dir('/localetc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  twoLayers(
    'a directory over a link, and a file over a hard link',
    [...etc, symlink('localetc', 'etc'), hardlink('localetc/localpasswd', '/etc/passwd')],
    [dir('/localetc/'), file('/localetc/localpasswd', 'different')],
    linked('localetc/localpasswd'),
    'different files',
  ),
  oneLayer(
    'a hard link to a link whose target comes later',
    [
      dir('etc'),
      symlink('localpasswd', '/etc/passwd'),
      hardlink('dup', 'localpasswd'),
      file('/etc/passwd', 'after'),
    ],
    linked('dup'),
    same,
  ),
  ...['../../../../../etc/passwd', '/etc/passwd'].map((target) =>
    oneLayer(
      `a hard link to a link to ${target}`,
      [...etc, symlink('passwdlink', target), hardlink('localpasswd', '/passwdlink')],
      linked('localpasswd'),
      same,
    ),
  ),
  oneLayer(
    'a directory, a link over it, and a directory again',
    [
      ...[
        dir('foo'),
        dir('foo/tmp'),
        file('foo/tmp/x', '012'),
        symlink('foo', '/'),
        file('foo/tmp/x', '345'),
      ],
      ...[dir('foo'), dir('foo/tmp'), file('foo/tmp/x', '678')],
    ],
    { content: 'foo/tmp/x' },
    '678',
  ),
  oneLayer(
    'directories without their parents',
    [dir('/etc/subdir2/'), dir('/etc/subdir2/more'), dir('/other/noparent-1/1'), dir('/other/noparent-2/2/')],
    { list: '' },
    'etc/ etc/subdir2/ etc/subdir2/more/ other/ other/noparent-1/ other/noparent-1/1/ other/noparent-2/ other/noparent-2/2/',
  ),
]

const base = [...etc, file('etc/whitedout', 'gone')]
const kept = { content: 'etc/passwd' }

const whiteouts: readonly Line[] = [
  ...['.wh...', 'etc/.wh...', '.wh..', 'etc/.wh..'].map((name) =>
    twoLayers(`a whiteout ${name}`, base, [file(name)], kept, refused),
  ),
  twoLayers(
    'a whiteout of a link',
    [...base, symlink('localetc', '/etc')],
    [file('.wh.localetc')],
    kept,
    'inside',
  ),
  twoLayers(
    'the link that was whited out',
    [...base, symlink('localetc', '/etc')],
    [file('.wh.localetc')],
    { content: 'localetc' },
    absent,
  ),
  twoLayers(
    'a whiteout through a link',
    [...base, symlink('localetc', '/etc')],
    [file('localetc/.wh.whitedout')],
    { content: 'etc/whitedout' },
    absent,
  ),
  twoLayers(
    'a whiteout below a link to nowhere',
    [...base, symlink('localetc', '/dne')],
    [file('localetc/.wh.etc')],
    kept,
    'inside',
  ),
  twoLayers('a whiteout behind two dots', base, [file('dne/../.wh.etc')], kept, absent),
]

const outside = '../root-outside'
/** Layers that try to write outside of their root. The tests require that nothing there changes, refused or not. */
const breakouts: readonly (readonly [string, readonly Part[]])[] = [
  ['a name with two dots', [file(`${outside}/dotdot`)]],
  ['a name with a slash and two dots', [file(`/${outside}/slash-dotdot`)]],
  [
    'a hard link to a link whose target comes later',
    [symlink('a', 'regfile'), hardlink('b', 'a'), file('regfile')],
  ],
  ...(['hard link', 'symlink'] as const).flatMap((kind): [string, Part[]][] => {
    const link = kind === 'symlink' ? symlink : hardlink
    return [
      [`a ${kind} to two dots`, [link('dotdot', `${outside}/secret`)]],
      [`a ${kind} to a slash and two dots`, [link('slash-dotdot', `/${outside}/secret`)]],
      [`a file below a ${kind}`, [link('loophole', outside), file('loophole/file')]],
      [`a symlink below a ${kind}`, [link('loophole', outside), symlink('symlink', 'loophole/secret')]],
      [`a hard link below a ${kind}`, [link('loophole', outside), hardlink('hardlink', 'loophole/secret')]],
      [`a file over a ${kind}`, [link('loophole', outside), file('loophole')]],
    ]
  }),
]

const paths = (text: string): string[] => text.split(' ').filter((path) => path !== '')
const partsOf = (text: string): Part[] =>
  paths(text).map((path) => (path.endsWith('/') ? dir(path) : file(path)))

const first =
  '.baz bar/ bar/bax bar/bay/ baz foo/ foo/.abc foo/.bcd/ foo/.bcd/a foo/cde/ foo/cde/def foo/cde/efg foo/fgh foobar'
const changes = [
  first,
  '.bay .wh.baz foo/ foo/.bce foo/.wh..wh..opq foo/cde/ foo/cde/efg',
  '.bay .wh..baz .wh.foobar bar/ foo/ foo/.abc foo/.wh.cde',
  '.abc .wh..wh..opq foobar',
]
const results = [
  first,
  '.bay .baz bar/ bar/bax bar/bay/ foo/ foo/.bce foo/cde/ foo/cde/efg foobar',
  '.bay bar/ bar/bax bar/bay/ foo/ foo/.abc foo/.bce',
  '.abc foobar',
]

const libs: Row<LayerCase>[] = [
  ...agreeingRows(
    'container-libs',
    breakouts.map(([label, parts]) => oneLayer(label, parts, { outside: true }, untouched)),
  ),
  ...agreeingRows(
    'container-libs',
    results.map((meaning, at): Line => [
      `${at + 1} layers with whiteouts`,
      { layers: changes.slice(0, at + 1).map(partsOf), property: { list: '' } },
      meaning,
    ]),
  ),
]

export const layers: Table<LayerCase> = {
  title: 'Layers',
  about:
    'The input is layers with the entries of the peers’ tests; the meaning is the content of a file, whether two paths are ' +
    'the same file, or the paths of the tree.',
  rows: [
    ...agreeingRows('containerd', [...links, ...whiteouts]),
    ...differingRows<LayerCase>('containerd', [
      ...['..', ''].map(
        (name) =>
          [
            `a link with the name “${name}”`,
            {
              layers: [[...etc, symlink(name, '/etc/'), hardlink('localpasswd', '/etc/passwd')]],
              property: linked('localpasswd'),
            },
            same,
            refused,
            'The link would replace the root. Windlass reports that instead of ignoring the entry.',
          ] as const,
      ),
      [
        'a file below a directory that is named as a whiteout',
        {
          layers: [base, [file('.wh.etc/somefile', 'non-empty')]],
          property: { content: '.wh.etc/somefile' },
        },
        'non-empty',
        absent,
        'No tree has such names (image-spec, layer.md); stacked, the directory would hide `etc`.',
      ],
    ]),
    ...libs,
  ],
}
