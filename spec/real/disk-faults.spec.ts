/** A few of the sweep that lets the calls of a pull to the file system fail; all of them, and other commands: scripts/fault-sweep.mjs. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasStrace = spawnSync('strace', ['-V']).error === undefined

describe('a disk that fails', () => {
  it.skipIf(!hasStrace)(
    'at a call of a pull is borne, or told in one clear line, and costs nothing that was committed',
    async () => {
      await runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root })
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['scripts/fault-sweep.mjs', '--commands', 'pull', '--points', '12', '--seed', '7'],
        { cwd: root, encoding: 'utf8' },
      )
      expect([status, stdout], stderr).toEqual([
        0,
        expect.stringContaining('Every fault was tolerated or reported.') as string,
      ])
    },
    300_000,
  )
})
