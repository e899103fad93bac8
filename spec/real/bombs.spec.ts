/** A few of the bombs, each pulled in a process of its own: what it takes, and how it ends. All of them: scripts/bombs.ts. */
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { bombs } from '../../testbench/bombs/bombs.js'
import { maxBytes, runBomb } from '../../testbench/bombs/run-bomb.js'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('a bomb', () => {
  beforeAll(async () => {
    await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
  })

  it.each(bombs.filter(({ inTests }) => inTests))(
    '$name: under 250 MiB, with the limit named',
    async (bomb) => {
      const { violations, bytes } = await runBomb(bomb)
      expect(violations).toEqual([])
      expect(bytes, 'it was measured').toBeGreaterThan(20 * 2 ** 20)
      expect(bytes).toBeLessThanOrEqual(maxBytes)
    },
  )

  it('of each kind is pulled', () => {
    expect(bombs.filter(({ inTests }) => inTests)).toHaveLength(8)
  })
})
