/**
 * A few points of the sweep that kills a pull at every system call which changes the store, and a few random moments of a
 * large one; all of them: scripts/kill-sweep.mjs, scripts/kill-random.mjs.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasStrace = spawnSync('strace', ['-V']).error === undefined

describe('kill -9', () => {
  it.skipIf(!hasStrace)(
    'at a system call loses nothing, leaves nothing, and costs no second download of what was committed',
    async () => {
      await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['scripts/kill-sweep.mjs', '--points', '15'],
        { cwd: root, encoding: 'utf8' },
      )
      expect([status, stdout], stderr).toEqual([0, expect.stringContaining('Nothing was lost.') as string])
    },
    300_000,
  )

  it('at random moments of a large pull loses nothing, and of what was half here only the rest comes', async () => {
    await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['scripts/kill-random.mjs', '--kills', '7', '--megabytes', '10', '--seed', '3'],
      { cwd: root, encoding: 'utf8' },
    )
    expect([status, stdout], stderr).toEqual([0, expect.stringContaining('Nothing was lost.') as string])
  }, 300_000)
})
