/** Results of the tests of containerd and container-libs for unpacked layers. */
import { type Part, dir, file, hardlink, symlink } from '../../../corpus/entries.js'
import { type Row, type Table, agreedOn, differingOn, refused } from '../../row.js'
import { type LayerCase, type Line, type Look, absent, one, over, same, untouched } from './layer-look.js'

const etc = [dir('etc'), file('etc/passwd', 'inside')]
const unbroken = { content: 'etc/unbroken' }
const linked = (a: string): Look => ({ same: [a, 'etc/passwd'] })

const links: readonly Line[] = [
  one(
    'a file through an absolute link',
    [dir('etc'), symlink('localetc', '/etc'), file('/localetc/unbroken', 'u')],
    unbroken,
    'u',
  ),
  one(
    'a file through a link up and down',
    [dir('etc'), dir('dummy'), symlink('localetc', '/dummy/../etc'), file('/localetc/unbroken', 'u')],
    unbroken,
    'u',
  ),
  ...['/dummy/etc', './dummy/etc'].map((target) =>
    one(
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
  one(
    'a file that is emptied through a link',
    [dir('etc'), file('etc/emptied', 'notempty'), symlink('localetc', '/etc'), file('localetc/emptied')],
    { content: 'etc/emptied' },
    '',
  ),
  one(
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
  one(
    'a hard link through a link down and out',
    [
      ...[...etc, dir('breakouts'), dir('downandout'), symlink('breakouts/d1', '../downandout/../../etc')],
      hardlink('breakouts/mypasswd', '/breakouts/d1/passwd'),
    ],
    linked('breakouts/mypasswd'),
    same,
  ),
  ...['/etc', '../../../../../../../etc', 'upandout/../../../etc'].map((target) =>
    one(
      `a hard link through a link to ${target}`,
      [...etc, symlink('localetc', target), hardlink('localpasswd', '/localetc/passwd')],
      linked('localpasswd'),
      same,
    ),
  ),
  ...['../../../../../etc/passwd', '/etc/passwd'].map((target) =>
    one(`a hard link to ${target}`, [...etc, hardlink('localpasswd', target)], linked('localpasswd'), same),
  ),
  one(
    'a hard link into a directory with a slash at its end',
    [...etc, dir('localetc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  ...['/etc', '../../etc'].map((target) =>
    over(
      `a link to ${target} over a directory`,
      [...etc, dir('localetc')],
      [symlink('localetc', target), hardlink('/localetc/localpasswd', '/etc/passwd')],
      linked('localetc/localpasswd'),
      same,
    ),
  ),
  one(
    'a link whose name ends in two dots',
    [...etc, symlink('localetc/sub/..', '/etc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  over(
    'a directory over a link',
    [...etc, symlink('localetc', '/etc')],
    [dir('/localetc/'), hardlink('/localetc/localpasswd', '/etc/passwd')],
    linked('localetc/localpasswd'),
    same,
  ),
  over(
    'a directory over a link, and a file over a hard link',
    [...etc, symlink('localetc', 'etc'), hardlink('localetc/localpasswd', '/etc/passwd')],
    [dir('/localetc/'), file('/localetc/localpasswd', 'different')],
    linked('localetc/localpasswd'),
    'different files',
  ),
  one(
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
    one(
      `a hard link to a link to ${target}`,
      [...etc, symlink('passwdlink', target), hardlink('localpasswd', '/passwdlink')],
      linked('localpasswd'),
      same,
    ),
  ),
  one(
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
  one(
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
    over(`a whiteout ${name}`, base, [file(name)], kept, refused),
  ),
  over(
    'a whiteout of a link',
    [...base, symlink('localetc', '/etc')],
    [file('.wh.localetc')],
    kept,
    'inside',
  ),
  over(
    'the link that was whited out',
    [...base, symlink('localetc', '/etc')],
    [file('.wh.localetc')],
    { content: 'localetc' },
    absent,
  ),
  over(
    'a whiteout through a link',
    [...base, symlink('localetc', '/etc')],
    [file('localetc/.wh.whitedout')],
    { content: 'etc/whitedout' },
    absent,
  ),
  over(
    'a whiteout below a link to nowhere',
    [...base, symlink('localetc', '/dne')],
    [file('localetc/.wh.etc')],
    kept,
    'inside',
  ),
  over('a whiteout behind two dots', base, [file('dne/../.wh.etc')], kept, absent),
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
  ...agreedOn(
    'container-libs',
    breakouts.map(([label, parts]) => one(label, parts, { outside: true }, untouched)),
  ),
  ...agreedOn(
    'container-libs',
    results.map((meaning, at): Line => [
      `${at + 1} layers with whiteouts`,
      { layers: changes.slice(0, at + 1).map(partsOf), look: { list: '' } },
      meaning,
    ]),
  ),
]

export const layers: Table<LayerCase> = {
  title: 'Layers',
  about:
    'The input is layers, built from what the tests say is in them; the meaning is the content of a file, whether two paths ' +
    'are one file, or what there is.',
  rows: [
    ...agreedOn('containerd', [...links, ...whiteouts]),
    ...differingOn<LayerCase>('containerd', [
      ...['..', ''].map(
        (name) =>
          [
            `a link with the name “${name}”`,
            {
              layers: [[...etc, symlink(name, '/etc/'), hardlink('localpasswd', '/etc/passwd')]],
              look: linked('localpasswd'),
            },
            same,
            refused,
            'The link would take the place of the root; it is said rather than passed over.',
          ] as const,
      ),
      [
        'a file below a directory that is named as a whiteout',
        { layers: [base, [file('.wh.etc/somefile', 'non-empty')]], look: { content: '.wh.etc/somefile' } },
        'non-empty',
        absent,
        'No tree has such names (image-spec, layer.md); stacked, the directory would hide `etc`.',
      ],
    ]),
    ...libs,
  ],
}
