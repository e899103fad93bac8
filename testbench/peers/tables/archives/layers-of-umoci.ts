/** Results of umoci's tests for unpacked layers. */
import { type Part, dir, fifo, file, hardlink, symlink } from '../../../corpus/entries.js'
import { type Row, type Table, agreeingRows, refused } from '../../row.js'
import { type LayerCase, type Line, absent, oneLayer, twoLayers, same } from './layer-look.js'

/** An opaque whiteout after other entries of its own layer, with `lower` and `upper` in one directory. */
const opaque = (label: string, lower: readonly Part[], upper: readonly Part[], meaning: string): Line =>
  twoLayers(
    `opaque: ${label}`,
    [dir('d'), ...lower],
    [...upper, file('d/.wh..wh..opq')],
    { list: 'd' },
    meaning,
  )

const shadow = '../../../../../../../../../../../../etc/shadow'

const umoci: Row<LayerCase>[] = [
  ...agreeingRows('umoci', [
    ...['/../file', '../file'].map((name) =>
      oneLayer(`the name ${name}`, [file(name, 'x')], { content: 'file' }, 'x'),
    ),
    ...['/', '/../', `/${'../'.repeat(15)}`, `/${'./.././'.repeat(8)}`, '..'].map((target) =>
      oneLayer(
        `a file through a link to ${target}`,
        [symlink('link', target), file('link/file', 'x')],
        { content: 'file' },
        'x',
      ),
    ),
    oneLayer('a file without its parents', [file('a/b/c/file', 'x')], { content: 'a/b/c/file' }, 'x'),
    ...['', 'some/path/'].map((parent) =>
      twoLayers(
        `a whiteout of no name in “${parent}”`,
        [dir('some'), dir('some/path')],
        [file(`${parent}.wh.`)],
        { list: '' },
        refused,
      ),
    ),
    ...['rootpath', '.hiddenroot', 'some/path/file', 'another/path/.hiddenfile'].map((path) =>
      twoLayers(
        `a whiteout of the file ${path}`,
        [file(path, 'x')],
        [file(path.replace(/[^/]*$/, '.wh.$&'))],
        { content: path },
        absent,
      ),
    ),
    ...['rootpath', '.hiddenroot', 'some/path/dir', 'another/path/.hiddendir'].map((path) =>
      twoLayers(
        `a whiteout of the directory ${path}`,
        [dir(path), file(`${path}/file1`), dir(`${path}/.subdir`), file(`${path}/.subdir/file3`)],
        [file(path.replace(/[^/]*$/, '.wh.$&'))],
        { content: `${path}/file1` },
        absent,
      ),
    ),
    opaque('nothing', [], [], ''),
    opaque(
      'one level',
      [file('d/file'), fifo('d/fifo')],
      [symlink('d/link', '..'), symlink('d/badlink', './nothing')],
      'd/badlink d/link',
    ),
    opaque('one level, all of it lower', [file('d/file'), symlink('d/link', '..'), fifo('d/fifo')], [], ''),
    opaque(
      'two levels',
      [
        symlink('d/link', '..'),
        symlink('d/dir/link', '../badlink'),
        symlink('d/dir/verybadlink2', `/${shadow}`),
      ],
      [file('d/file'), dir('d/dir'), file('d/dir/file'), symlink('d/dir/verybadlink', shadow)],
      'd/dir/ d/dir/file d/dir/verybadlink d/file',
    ),
    opaque('two levels, all of it lower', [file('d/file'), dir('d/dir'), file('d/dir/file')], [], ''),
    opaque(
      'three levels',
      [file('d/a/lower'), dir('d/a/a'), file('d/a/a/f'), file('d/a/b/lower'), dir('d/b'), file('d/b/f')],
      [file('d/file'), dir('d/a'), symlink('d/a/link', '../../../'), dir('d/a/b'), file('d/a/b/f')],
      'd/a/ d/a/b/ d/a/b/f d/a/link d/file',
    ),
    opaque(
      'parents that only the layer below lists',
      [dir('d/some'), dir('d/some/dir'), dir('d/another'), file('d/another/somewhere')],
      [file('d/some/dir/somewhere')],
      'd/some/ d/some/dir/ d/some/dir/somewhere',
    ),
    opaque(
      'whiteouts of files of the same layer',
      [file('d/fileC')],
      [file('d/.wh.fileB'), file('d/fileA'), file('d/fileB'), file('d/.wh.fileA'), file('d/.wh.fileC')],
      'd/fileA d/fileB',
    ),
    opaque(
      'whiteouts of directories of the same layer',
      [file('d/file'), symlink('d/dir1/link', '../badlink'), symlink('d/dir2/link', '../badlink')],
      [
        ...[file('d/.wh.dir2'), dir('d/dir1'), file('d/dir1/file'), file('d/.wh.dir1'), dir('d/dir2')],
        file('d/dir2/file'),
      ],
      'd/dir1/ d/dir1/file d/dir2/ d/dir2/file',
    ),
    oneLayer(
      'a hard link',
      [file('regular', 'x'), hardlink('hard link', '/regular')],
      { same: ['hard link', 'regular'] },
      same,
    ),
    oneLayer(
      'a path below a file of the same layer',
      [file('nondir'), file('nondir/foo/bar/baz', 'x')],
      { content: 'nondir/foo/bar/baz' },
      'x',
    ),
    oneLayer(
      'a hard link to a link',
      [file('regular', 'x'), symlink('link', '../../../regular'), hardlink('hard', '../../../link')],
      { same: ['hard', 'link'] },
      same,
    ),
  ]),
]

export const layersOfUmoci: Table<LayerCase> = {
  title: 'Layers as umoci unpacks them',
  about: 'As above, from the tests of umoci.',
  rows: umoci,
}
