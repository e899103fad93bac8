/** A few points of the sweep that kills a pull at every system call which changes the store; all of them: scripts/kill-sweep.mjs. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTool } from './harness/run-tool.js'

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
})
