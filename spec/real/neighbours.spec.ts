/** A few processes at work on one store; more of them, and for longer: scripts/neighbours.mjs. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('neighbours', () => {
  it('that pull, remove, collect and verify at once, and are killed, do each other no damage (S0-76)', async () => {
    await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/neighbours.mjs', '--processes', '4', '--rounds', '5', '--kill-every', '6'],
      { cwd: root, encoding: 'utf8' },
    )
    expect([status, stdout], stderr).toEqual([0, expect.stringContaining('No damage.') as string])
  }, 300_000)
})
