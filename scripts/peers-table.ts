/**
 * Writes docs/peers-tables.md, the results of the peers' tests and the differences of Windlass: npx tsx
 * scripts/peers-table.ts
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { peersPage } from '../testbench/peers/page.js'

const page = fileURLToPath(new URL('../docs/peers-tables.md', import.meta.url))
writeFileSync(page, peersPage())
process.stdout.write(`${page}\n`)
