/** Holds every case of compatibility against what is right: what is taken, what is refused, and with which code. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kinds } from '../../testbench/compatibility/case.js'
import { cases } from '../../testbench/compatibility/cases/index.js'
import { differences } from '../../testbench/compatibility/differences.js'
import { differs } from '../../testbench/compatibility/majority.js'
import { runWindlassOn } from '../../testbench/compatibility/ours.js'
import { compatibilityPage } from '../../testbench/compatibility/page.js'
import { readPeers } from '../../testbench/compatibility/peers.js'
import { reports } from '../../testbench/compatibility/reports.js'

describe('images and registries as they are', () => {
  for (const [kind, title] of Object.entries(kinds))
    describe(title, () => {
      for (const each of cases.filter((one) => one.kind === kind))
        it.concurrent(`${each.expected === 'taken' ? 'takes' : each.expected}: ${each.served}`, async () => {
          const { verdict, message, picked, inspected, tags, violation, warnings, served } =
            await runWindlassOn(each)
          expect(verdict, message).toBe(each.expected)
          if (served.picks !== undefined && each.expected === 'taken') expect(picked).toBe(served.picks)
          expect(inspected, 'what inspect chooses').toBe(picked)
          if (served.tags !== undefined) expect(tags).toEqual(served.tags)
          expect(violation).toBeUndefined()
          if (each.warns) expect(warnings, 'a warning').not.toEqual([])
        })
    })

  it('are told apart by their names', () => {
    const ids = cases.map(({ id }) => id)
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
    expect(ids.length).toBeGreaterThanOrEqual(75)
  })

  it('follow public reports, each with a case', () => {
    const ids = new Set(cases.map(({ id }) => id))
    expect(reports.flatMap(({ cases: after }) => after.filter((id) => !ids.has(id)))).toEqual([])
  })
})

describe('what other pullers make of the cases', () => {
  const peers = readPeers()

  it('is known of every case, by at least two of them', () => {
    expect(cases.filter(({ id }) => Object.keys(peers.outcomes[id] ?? {}).length < 2)).toEqual([])
  })

  it('is what is right here, or there is a reason', () => {
    const ids = cases.filter((each) => differs(each, peers)).map(({ id }) => id)
    expect([...differences.keys()].sort()).toEqual(ids.sort())
  })

  it('stands in the documentation', () => {
    const page = new URL('../../docs/compatibility-peers.md', import.meta.url)
    expect(readFileSync(page, 'utf8')).toBe(compatibilityPage(cases, peers))
  })
})
