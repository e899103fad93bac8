import { describe, expect, it } from 'vitest'
import {
  hostWhiteoutForm,
  LayerApplier,
  readLayerDirectory,
  type WhiteoutForm,
  compareTrees,
  describeTree,
} from '../../../../lib/archive/index.js'
import {
  applyTo,
  device,
  directory,
  file,
  hardlink,
  type Made,
  scratch,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'
import { cpuTimeSince } from '../../../support/cpu-time.js'

const asRoot = process.geteuid?.() === 0
const form = (await hostWhiteoutForm('/tmp')) === 'overlay'

const lower: Made[] = [
  directory('d', { mode: 0o711 }),
  file('d/a'),
  file('d/b'),
  directory('d/sub'),
  file('d/sub/x'),
  symlink('link', 'd'),
  symlink('out', '../root-outside'),
]
const kept = [
  'd directory',
  'd/a file',
  'd/b file',
  'd/sub directory',
  'd/sub/x file',
  'link symlink',
  'out symlink',
]
const without = (...gone: string[]): string[] => kept.filter((path) => !gone.includes(path))

/** Returns the paths that remain after `layer` is applied to `lower`. */
async function after(layer: readonly Made[]): Promise<string[]> {
  const it = await scratch()
  it.apply(lower)
  it.apply(layer)
  await it.untouched()
  return it.paths()
}

describe('whiteouts that are applied (threats §2)', () => {
  it.each(['.wh.', 'd/.wh.', '.wh..', 'd/.wh..', '.wh...', 'd/.wh...', 'd/.wh.../'])(
    'refuses %s',
    async (name) => {
      const it = await scratch()
      it.apply(lower)
      expect(() => it.apply([whiteout(name)])).toThrow(/it is a whiteout (?:without a name|of "." or "..")$/)
      expect(await it.paths()).toEqual(kept)
    },
  )

  it('remove files, links and whole directories', async () => {
    expect(await after([whiteout('d/.wh.a')])).toEqual(without('d/a file'))
    expect(await after([whiteout('.wh.link')])).toEqual(without('link symlink'))
    expect(await after([whiteout('.wh.out')])).toEqual(without('out symlink'))
    expect(await after([whiteout('.wh.d')])).toEqual(['link symlink', 'out symlink'])
  })

  it('follow links inside the root and never leave the root', async () => {
    expect(await after([whiteout('link/.wh.a')])).toEqual(without('d/a file'))
    expect(await after([whiteout('out/.wh.secret'), whiteout('out/.wh..wh..opq')])).toEqual(kept)
    expect(await after([whiteout('../root-outside/.wh.secret')])).toEqual(kept)
  })

  const permutations = <T>(all: readonly T[]): T[][] =>
    all.length < 2
      ? [[...all]]
      : all.flatMap((one, i) => permutations(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))

  it('keep entries of the same layer, in any order', async () => {
    const cases: [Made[], string[]][] = [
      [[whiteout('d/.wh.a'), file('d/a', 'new')], kept],
      [[whiteout('d/.wh.sub'), file('d/sub/new')], [...without('d/sub/x file'), 'd/sub/new file'].sort()],
      [
        [whiteout('d/.wh..wh..opq'), file('d/new'), file('d/sub/y')],
        ['d directory', 'd/new file', 'd/sub directory', 'd/sub/y file', 'link symlink', 'out symlink'],
      ],
      [
        [whiteout('.wh..wh..opq'), file('d/a', 'new'), directory('e')],
        ['d directory', 'd/a file', 'e directory'],
      ],
      [
        [whiteout('.wh.d'), directory('d', { mode: 0o700 }), symlink('d/a', 'b')],
        ['d directory', 'd/a symlink', 'link symlink', 'out symlink'],
      ],
    ]
    for (const [layer, expected] of cases)
      for (const order of permutations(layer)) expect(await after(order)).toEqual(expected)
  })

  it('give the same attributes in any order', async () => {
    for (const layer of permutations([whiteout('.wh.d'), file('d/new')])) {
      const it = await scratch()
      it.apply([
        directory('d', { mode: 0o711, xattrs: new Map([['user.lower', Buffer.from('1')]]) }),
        file('d/a'),
      ])
      it.apply(layer)
      expect((await it.tree()).get('d')).toMatchObject({ mode: 0o755, mtime: 0n, xattrs: new Map() })
    }
  })

  it('are recognized whatever their type and content, which are ignored', async () => {
    const odd: Made[] = [
      directory('d/.wh.a'),
      file('d/.wh.b', 'content'),
      symlink('.wh.link', '/etc'),
      file('d/.wh.sub/evil'),
      hardlink('.wh.missing', 'd/b'),
      file('.wh..wh.plnk/1.2'),
      directory('.wh..wh.aufs'),
      directory('.wh..wh.orph/'),
      whiteout('.wh..wh.d'),
    ]
    expect(await after(odd)).toEqual(without('d/a file', 'd/b file', 'link symlink'))
  })

  it('take linear time for 20,000 whiteouts of missing names or of the same directory', async () => {
    const it = await scratch()
    const many = Array.from({ length: 20_000 }, (_, i) => i)
    const start = process.cpuUsage()
    it.apply(many.map((i) => whiteout(`d/.wh.${i}`)))
    it.apply([directory('d'), ...many.slice(0, 2000).map((i) => file(`d/${i}`, ''))])
    it.apply([
      file('d/new'),
      ...many.map(() => whiteout('d/.wh..wh..opq')),
      ...many.map(() => whiteout('.wh.d')),
    ])
    expect(cpuTimeSince(start)).toBeLessThan(5000)
    expect(await it.paths()).toEqual(['d directory', 'd/new file'])
  })

  it('hide the longest possible names', async () => {
    const it = await scratch()
    it.apply([file('n'.repeat(255))])
    it.apply([whiteout(`.wh.${'n'.repeat(255)}`)])
    expect(await it.paths()).toEqual([])
    expect(() => it.apply([whiteout(`.wh.${'n'.repeat(256)}`)])).toThrow(/256 bytes/)
  })
})

const upper: Made[] = [
  whiteout('d/.wh.a'),
  file('d/.wh.b', 'content'),
  file('d/b', 'of this layer'),
  directory('e'),
  whiteout('e/.wh..wh..opq'),
  file('e/x'),
  whiteout('.wh.f'),
  directory('f'),
  whiteout('.wh..wh.plnk'),
]

describe('whiteouts that are kept', () => {
  it('aufs form: are empty files with their names', async () => {
    const it = await scratch()
    it.apply(upper, { whiteouts: 'aufs' })
    expect(await it.paths()).toEqual(
      ['.wh.f', 'd/.wh.a', 'd/.wh.b', 'd/b', 'e/.wh..wh..opq', 'e/x']
        .map((p) => `${p} file`)
        .concat(['d', 'e', 'f'].map((p) => `${p} directory`))
        .sort(),
    )
    expect((await it.tree()).get('d/.wh.b')?.size).toBe(0)
  })

  it.runIf(asRoot && form)('overlay form: are understood by overlayfs, in any order (S0-70)', async () => {
    for (const layer of [upper, upper.toReversed()]) {
      const it = await scratch()
      it.apply(layer, { whiteouts: 'overlay' })
      expect(await it.paths()).toEqual([
        'd directory',
        'd/a character',
        'd/b file',
        'e directory',
        'e/x file',
        'f directory',
      ])
      const tree = await it.tree()
      expect(tree.get('d/a')?.device).toEqual({ major: 0, minor: 0 })
      for (const path of ['e', 'f']) expect(tree.get(path)?.xattrs.get('trusted.overlay.opaque')).toBe('y')
      expect(tree.get('d')?.xattrs.size).toBe(0)
    }
  })

  it.runIf(asRoot && form)(
    'overlay form: entries replace a whiteout and are not written through it',
    async () => {
      const it = await scratch()
      it.apply([whiteout('.wh.a'), file('a/new'), whiteout('.wh.b'), symlink('b', 'c'), whiteout('.wh.c')], {
        whiteouts: 'overlay',
      })
      expect(await it.paths()).toEqual(['a directory', 'a/new file', 'b symlink', 'c character'])
      expect((await it.tree()).get('a')?.xattrs.get('trusted.overlay.opaque')).toBe('y')
      expect(() => it.apply([whiteout('.wh.x'), hardlink('y', 'x')], { whiteouts: 'overlay' })).toThrow(
        /not in the tree/,
      )
    },
  )
})

describe('an unpacked layer, read back', () => {
  const base: Made[] = [
    directory('.', { mode: 0o750, mtime: 5n }),
    ...lower,
    directory('e', { mode: 0o700 }),
    file('e/old', 'x'.repeat(3_000_000), { mode: 0o4755 }),
    hardlink('e/again', 'e/old'),
    file('f'),
    ...(asRoot ? [device('null', 1, 3)] : []),
    file('\xff', 'bytes', { mode: 0 }),
    directory('closed', { mode: 0 }),
    file('closed/x', 'y', { xattrs: new Map([['user.k', Buffer.from([0, 1])]]) }),
  ]
  const forms: WhiteoutForm[] = asRoot && form ? ['aufs', 'overlay'] : ['aufs']

  it.each(forms)('gives the same tree as its archive (%s)', async (whiteouts) => {
    const direct = await scratch()
    direct.apply(base)
    direct.apply([directory('d'), ...upper])
    const layered = await scratch()
    for (const layer of [base, [directory('d'), ...upper]]) {
      const own = await scratch()
      applyTo({ root: own.root, whiteouts }, layer)
      const before = await describeTree(own.root)
      // The tree has a root although no entry is for it. All other directories have an entry here.
      const applier = new LayerApplier({ root: layered.root, whiteouts: 'apply' })
      for (const step of readLayerDirectory(own.root, applier)) expect(step).toBeUndefined()
      applier.finish()
      expect(compareTrees(before, await describeTree(own.root))).toEqual([])
    }
    const differences = compareTrees(await describeTree(direct.root), await describeTree(layered.root), {
      except: ({ path }) => path === '.',
    })
    expect(differences.map(({ text }) => text)).toEqual([])
  })
})

describe('the attributes of a lower directory', () => {
  it('are dropped if an opaque whiteout of a parent hides the directory and this layer only has entries below it', async () => {
    const layer = [file('d/sub/new'), whiteout('d/.wh..wh..opq')]
    for (const order of [layer, [...layer].reverse()]) {
      const it = await scratch()
      it.apply([directory('d', { mode: 0o711 }), directory('d/sub', { mode: 0o711 }), file('d/sub/old')])
      it.apply(order)
      expect(await it.paths()).toEqual(['d directory', 'd/sub directory', 'd/sub/new file'])
      expect((await it.tree()).get('d/sub')).toMatchObject({ mode: 0o755, mtime: 0n })
    }
  })
})

describe('a whiteout that is kept', () => {
  it('does not depend on the time and user of unpacking', async () => {
    for (const kind of [...(form ? ['overlay' as const] : []), 'aufs' as const]) {
      const it = await scratch()
      const umask = process.umask(0o077)
      try {
        it.apply([whiteout('d/.wh.gone'), file('d/x')], { whiteouts: kind })
      } finally {
        process.umask(umask)
      }
      const name = kind === 'aufs' ? 'd/.wh.gone' : 'd/gone'
      expect((await it.tree()).get(name)!.mtime).toBe(0n)
      if (kind === 'aufs') expect((await it.tree()).get(name)!.mode).toBe(0o444)
    }
  })

  it('makes hidden directories, and directories below an opaque one, not implied', async () => {
    for (const kind of [...(form ? ['overlay' as const] : []), 'aufs' as const]) {
      const entries = [
        ...[file('plain/below/x'), whiteout('a/.wh.hidden'), file('a/hidden/x')],
        ...[whiteout('b/.wh..wh..opq'), file('b/below/x')],
      ]
      for (const order of [entries, [...entries].reverse()]) {
        const own = await scratch()
        const { implied } = applyTo({ root: own.root, whiteouts: kind }, order)
        expect(implied).toEqual(['.', 'a', 'b', 'plain', 'plain/below'])
      }
    }
  })
})
