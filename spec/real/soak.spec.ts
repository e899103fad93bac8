/** A short soak: pulls of every kind in one process leave nothing behind. The long one, with memory: scripts/soak.ts. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

it('300 pulls, failed and cancelled ones among them, leave no descriptor, thread, timer or staged file', () => {
  // Memory settles later than that: the bound here is for what grows with every pull. The first 100 pulls need no threads.
  const args = ['--pulls', '300', '--every', '150', '--from', '150', '--growth', '1.5', '--seed', '4']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/soak.ts', ...args],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  expect([status, stdout], stderr).toEqual([0, expect.stringContaining('Nothing is left over.') as string])
}, 120_000)
