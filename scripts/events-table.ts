/** Writes docs/events.md, every event field by field: npx tsx scripts/events-table.ts */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { eventsPage } from '../testbench/events/page.js'

const page = fileURLToPath(new URL('../docs/events.md', import.meta.url))
writeFileSync(page, eventsPage())
process.stdout.write(`${page}\n`)
