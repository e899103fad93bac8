/** Traces of the real command, held against what a power cut might leave; all of them: scripts/power-loss.ts. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { CheckedTrace } from '../../testbench/power-loss/check.js'
import { runKilled, runScenario, syncsOf } from '../../testbench/power-loss/run-scenario.js'
import { killedScenarios, scenarios } from '../../testbench/power-loss/scenarios.js'
import { runTool } from '../../testbench/harness/run-tool.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasStrace = spawnSync('strace', ['-V']).error === undefined

const told = ({ violations }: CheckedTrace): string[] =>
  violations.map(({ rule, path, description, line }) => `${rule} ${path}: ${description} (line ${line})`)

describe.skipIf(!hasStrace)('a power cut', () => {
  beforeAll(() => runTool(process.execPath, ['scripts/ready.mjs', '--build'], { cwd: root }))

  it.each([
    ['pull into a store that does not exist', 16],
    ['pull --no-unpack', 9],
    ['gc', 0],
    ['verify --repair', 2],
  ])('at any change that “%s” makes loses nothing', async (title, publications) => {
    const checked = await runScenario(scenarios.find((scenario) => scenario.title === title)!)
    expect(told(checked)).toEqual([])
    expect(checked.publications).toHaveLength(publications)
    expect(checked.powerCuts).toBeGreaterThan(20)
  })

  it.each([
    // Its manifest has its name, or the image has, and the directory of it is not synced.
    ['pull --no-unpack, twice', 4, /^blobs/],
    ['pull --no-unpack, twice', 1, /^index.json$/],
    ['rm, then gc', 1, /^index.json$/],
  ])(
    'after a kill between a rename and its sync loses nothing: %s, %i from the end',
    async (title, at, last) => {
      const scenario = killedScenarios.find((each) => each.title === title)!
      const syncs = await syncsOf(scenario)
      const { killed, next } = await runKilled(scenario, syncs.at(-at)!)
      expect(killed.exit).toBeUndefined()
      expect(killed.publications.at(-1)).toMatch(last)
      expect([...told(killed), ...told(next)]).toEqual([])
    },
  )
})
