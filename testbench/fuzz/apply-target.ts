/** Defines a fuzz target that applies mutated layers to a tree, next to a file that must not change. */
import {
  type BigIntStats,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LayerApplier, TarReader } from '../../lib/archive/index.js'
import { asWindlassError } from '../../lib/errors.js'
import { mutateTar } from './mutate.js'
import * as seeds from './seeds.js'
import type { Target } from './targets.js'

export interface ApplyTarget extends Target {
  close(): void
}

/**
 * Returns the target. Each run applies a mutated layer to an empty tree, or on top of a valid layer, with a random
 * treatment of whiteouts.
 */
export function applyTarget(): ApplyTarget {
  const top = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'windlass-fuzz-'))
  const [root, outside] = [join(top, 'root'), join(top, 'root-outside')]
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret'), 'untouched')
  const state = (): string =>
    [outside, join(outside, 'secret')].map((path) => describeStats(lstatSync(path, { bigint: true }))).join()
  const before = state()
  return {
    make: (random) => mutateTar(random, seeds.tars),
    run(input, random) {
      mkdirSync(root)
      let refused: Error | undefined
      try {
        const whiteouts = random.pick(['apply', 'apply', 'aufs', 'overlay'] as const)
        if (random.chance(0.5)) apply(random.pick(seeds.tars), root, whiteouts, false)
        apply(input, root, whiteouts, true)
      } catch (error) {
        refused = asWindlassError(error)
      }
      rmSync(root, { recursive: true, force: true })
      const isOutsideChanged =
        state() !== before ||
        readFileSync(join(outside, 'secret'), 'utf8') !== 'untouched' ||
        readdirSync(top).length !== 1 ||
        readdirSync(outside).length !== 1 ||
        existsSync('/root-outside')
      if (isOutsideChanged) throw new Error('Something outside of the root was changed')
      if (refused !== undefined) throw refused
    },
    close: () => rmSync(top, { recursive: true, force: true }),
  }
}

const describeStats = ({ ctimeNs, mtimeNs, nlink, mode, uid, size }: BigIntStats): string =>
  [ctimeNs, mtimeNs, nlink, mode, uid, size].join()

/** Applies an archive to `root`. Errors are ignored unless `rethrows`. */
function apply(
  archive: Buffer,
  root: string,
  whiteouts: 'apply' | 'aufs' | 'overlay',
  rethrows: boolean,
): void {
  const applier = new LayerApplier({ root, whiteouts })
  try {
    const reader = new TarReader(applier, { sparseFileBytes: 2 ** 24, layerBytes: 2 ** 26 })
    reader.write(archive)
    reader.finish()
    applier.finish()
  } catch (error) {
    if (rethrows) throw error
  } finally {
    applier.close()
  }
}
