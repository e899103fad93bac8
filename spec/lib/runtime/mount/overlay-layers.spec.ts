import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  compareTrees,
  describeTree,
  LayerApplier,
  readLayerDirectory,
  type WhiteoutForm,
} from '../../../../lib/archive/index.js'
import { WindlassError } from '../../../../lib/errors.js'
import { mountOverlay } from '../../../../lib/runtime/mount/overlay-layers.js'
import { unmount } from '../../../../lib/system/index.js'
import { layers as randomLayers } from '../../../support/archive/random-layers.js'
import {
  applyTo,
  device,
  directory,
  fifo,
  file,
  hardlink,
  type Made,
  scratch,
  symlink,
  whiteout,
} from '../../../support/archive/scratch.js'
import { whyNoOverlay } from '../../../support/overlay.js'

interface Layer {
  readonly rootfs: string
  readonly form: WhiteoutForm
  readonly implied: readonly string[] | undefined
}

/** Unpacks layers each by itself, mounts them, and returns the differences to the flattened tree. */
async function differences(
  top: string,
  all: readonly (readonly Made[])[],
  form: WhiteoutForm,
  writable = false,
): Promise<readonly string[]> {
  const at = (name: string): string => {
    mkdirSync(join(top, name), { recursive: true })
    return join(top, name)
  }
  const flat = at('flat')
  // A root that no layer lists keeps the time at which it was made.
  utimesSync(flat, 0, 0)
  const layers: Layer[] = []
  for (const [index, entries] of all.entries()) {
    const rootfs = at(`layer-${index}`)
    layers.push({ rootfs, form, implied: applyTo({ root: rootfs, whiteouts: form }, entries).implied })
    const { implied } = layers[index]!
    const applier = new LayerApplier({ root: flat, whiteouts: 'apply' })
    for (const step of readLayerDirectory(rootfs, applier, implied)) expect(step).toBeUndefined()
    applier.finish()
  }
  const target = at('merged')
  const changes = writable ? at('changes') : undefined
  if (writable) ['upper', 'work'].forEach((name) => at(`changes/${name}`))
  const { signal } = new AbortController()
  await mountOverlay({
    ...{ layers, target, directory: at('own'), source: 'windlass:test', changes, signal },
    owner: undefined,
  })
  try {
    const [merged, expected] = [await describeTree(target), await describeTree(flat)]
    // What is listed can be opened.
    execFileSync('ls', ['-lR', target], { stdio: 'ignore' })
    return compareTrees(expected, merged).map(({ text }) => text)
  } finally {
    unmount(target)
    if (all.length > 180) unmount(join(top, 'own/base'))
  }
}

const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')

describe.skipIf(whyNoOverlay !== undefined).each(['overlay', 'aufs'] as const)(
  `layers with whiteouts as %s, mounted${whyNoOverlay === undefined ? '' : ` (skipped: ${whyNoOverlay})`}`,
  (form) => {
    it.each<[string, readonly (readonly Made[])[]]>([
      ['no layer', []],
      ['an empty layer', [[]]],
      [
        'every kind of entry',
        [
          [
            directory('.', { mode: 0o711, uid: 3 }),
            file('a', 'a', { uid: 5, mode: 0o4755, xattrs: new Map([['security.capability', capability]]) }),
            hardlink('b', 'a'),
            symlink('s', '/a', { uid: 6 }),
            device('null', 1, 3),
            fifo('pipe'),
            directory('d', { xattrs: new Map([['user.k', Buffer.from('v')]]) }),
          ],
        ],
      ],
      [
        'a directory that an upper layer only implies',
        [[directory('home', { mode: 0o700, uid: 1000 })], [file('home/x')], [file('home/y')]],
      ],
      ['a whiteout that hides nothing', [[whiteout('d/.wh.gone'), file('d/x')], [file('other')]]],
      [
        'an opaque directory with a whiteout',
        [
          [file('d/a'), file('d/b')],
          [whiteout('d/.wh..wh..opq'), whiteout('d/.wh.a'), file('d/c')],
        ],
      ],
      [
        'an opaque root',
        [
          [file('a'), directory('b')],
          [whiteout('.wh..wh..opq'), file('c')],
        ],
      ],
      [
        'a removed and a replaced directory',
        [[file('d/a'), file('e/a')], [whiteout('.wh.d'), file('e')], [file('e/b')]],
      ],
      [
        'entries whose parent is a link of a lower layer',
        [
          [directory('usr/lib', { mode: 0o750 }), file('usr/lib/old'), symlink('lib', 'usr/lib')],
          [file('lib/new'), hardlink('lib/same', 'lib/new'), whiteout('lib/.wh.old')],
          [directory('lib/sub', { mode: 0o700 }), file('lib/sub/x'), symlink('lib/l', 'new')],
        ],
      ],
      [
        'a link replaced by a directory',
        [
          [symlink('lib', 'usr'), file('usr/x')],
          [directory('lib'), file('lib/y')],
        ],
      ],
    ])('show %s as the flattened tree has it', async (_what, all) => {
      const { root } = await scratch()
      expect(await differences(root, all, form)).toEqual([])
      rmSync(root, { recursive: true })
      mkdirSync(root)
      expect(await differences(root, all, form, true)).toEqual([])
    })

    it('show random layers as the flattened tree has them', { timeout: 120_000 }, async () => {
      const { root } = await scratch()
      let run = 0
      await fc.assert(
        fc.asyncProperty(randomLayers, async (all) => {
          const own = join(root, String(run++))
          mkdirSync(own)
          try {
            expect(await differences(own, all, form)).toEqual([])
          } catch (error) {
            // Layers that cannot be unpacked one by one, for example with a hard link to a lower layer.
            fc.pre(!(error instanceof WindlassError && error.code === 'LAYER_INVALID'))
            throw error
          } finally {
            rmSync(own, { recursive: true })
          }
        }),
        { numRuns: 50 },
      )
    })
  },
)

it.skipIf(whyNoOverlay !== undefined)('mounts more layers than one mount can have', async () => {
  const { root } = await scratch()
  const all = Array.from({ length: 250 }, (_, at) => [
    file(`f${at % 100}`, String(at)),
    whiteout(`.wh.f${(at + 50) % 100}`),
  ])
  expect(await differences(root, all, 'overlay')).toEqual([])
})
