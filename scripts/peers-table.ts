/** Writes docs/peers-tables.md, what the peers' tests say and where we differ: npx tsx scripts/peers-table.ts */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { peersPage } from '../testbench/peers/page.js'

const page = fileURLToPath(new URL('../docs/peers-tables.md', import.meta.url))
writeFileSync(page, peersPage())
process.stdout.write(`${page}\n`)
