import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { peersPage } from '../../testbench/peers/page.js'
import { projects } from '../../testbench/peers/peer.js'
import { tables } from '../../testbench/peers/tables/index.js'

const rows = tables.flatMap((table) => table.rows.map((row) => ({ ...row, table: table.title })))

describe('the tables of the peers', () => {
  it('have at least 400 rows, and some of every project', () => {
    expect(rows.length).toBeGreaterThanOrEqual(400)
    const peers = new Set<string>(rows.map(({ peer }) => peer))
    expect(Object.keys(projects).filter((peer) => !peers.has(peer))).toEqual([])
  })

  it('give a reason wherever the two differ, and nowhere else', () => {
    const unexplained = rows.filter(
      ({ theirs, ours, because }) => (theirs === ours) !== (because === undefined),
    )
    expect(unexplained).toEqual([])
    expect(rows.filter(({ because }) => because?.trim() === '')).toEqual([])
  })

  it('say nothing twice of one project', () => {
    const keys = rows.map(({ table, peer, input }) => JSON.stringify([table, peer, input]))
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
  })

  it('are documented as they are (npx tsx scripts/peers-table.ts writes docs/peers-tables.md)', () => {
    const page = new URL('../../docs/peers-tables.md', import.meta.url)
    expect(readFileSync(page, 'utf8')).toBe(peersPage())
  })
})
