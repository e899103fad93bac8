/** A few of the bits that may flip in a store, all found and mended; every one of them: scripts/bit-flips.ts. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('a bit that flips in a blob, a record, a name or a tree is found by verify, and no wrong tree comes out', () => {
  const args = ['--points', '40', '--repair', '8', '--seed', '2']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/bit-flips.ts', ...args],
    { cwd: root, encoding: 'utf8' },
  )
  expect([status, stdout], stderr).toEqual([0, expect.stringContaining(', 0 wrong') as string])
}, 120_000)
