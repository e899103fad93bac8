/**
 * Draws the plots of the kept results again, without measuring anew.
 *
 *     npm run bench -- redraw --out docs/benchmarks
 *
 * Reads <out>/{results,growth,concurrency}.json and writes the plots next to them.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { drawKeptResults } from './report/draw-kept-results.js'

const { values } = parseArgs({ options: { out: { type: 'string', default: 'docs/benchmarks' } } })

for (const [name, svg] of Object.entries(await drawKeptResults(values.out)))
  await writeFile(join(values.out, name), svg)
