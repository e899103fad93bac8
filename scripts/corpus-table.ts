/** Writes docs/layers.md, the table of the layer corpus: npx tsx scripts/corpus-table.ts */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { corpusTable } from '../testbench/corpus/table.js'

const page = fileURLToPath(new URL('../docs/layers.md', import.meta.url))
writeFileSync(page, corpusTable())
process.stdout.write(`${page}\n`)
