/** A few of the bombs, each pulled in a process of its own: what it takes, and how it ends. All of them: scripts/bombs.ts. */
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { bombs } from '../../testbench/bombs/bombs.js'
import { maxBytes, runBomb } from '../../testbench/bombs/run-bomb.js'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** One of each kind that is quick to make. */
const chosen = [
  'nothing: an empty layer',
  '8 GiB of zeros in zstd',
  'zstd, each byte in a window of 32 MiB of its own',
  'a pax header of 64 MiB',
  'a sparse file of 1 TiB',
  '75,000 directories',
  '1,500 directory levels',
  'a manifest of 64 MiB in chunks',
]

describe('a bomb', () => {
  beforeAll(async () => {
    await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
  })

  it.each(chosen)('%s: under 250 MiB, with the limit named', { timeout: 120_000 }, async (name) => {
    const bomb = bombs.find((each) => each.name === name)
    if (!bomb) throw new Error(`There is no bomb ${name}`)
    const { violations, bytes } = await runBomb(bomb)
    expect(violations).toEqual([])
    expect(bytes, 'it was measured').toBeGreaterThan(20 * 2 ** 20)
    expect(bytes).toBeLessThanOrEqual(maxBytes)
  })
})
