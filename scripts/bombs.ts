/**
 * Pulls images that exhaust the resources of a puller, each in a separate process, and prints the resources used:
 *
 *     npx tsx scripts/bombs.ts            all images (some minutes)
 *     npx tsx scripts/bombs.ts zeros      images whose name contains the word
 *
 * Requires dist/ (npm run build). Exits with 1 if a pull used more than 250 MiB or had another result than required.
 */
import { bombs } from '../testbench/bombs/bombs.js'
import { runBomb } from '../testbench/bombs/run-bomb.js'

const lines = [
  '| bomb | must | exit | peak RSS, MiB | seconds | a unit, µs | the error |',
  '|---|---|---|---|---|---|---|',
]
let failed = 0
for (const bomb of bombs.filter(({ name }) => name.includes(process.argv[2] ?? ''))) {
  const { exit, bytes, seconds, error, violations } = await runBomb(bomb)
  if (violations.length > 0) failed++
  const cells = [
    bomb.name,
    bomb.limit === undefined ? 'pass' : `name ${bomb.limit}`,
    `${exit ?? 'killed'}${violations.length > 0 ? ' ✗' : ''}`,
    Math.round(bytes / 2 ** 20),
    seconds.toFixed(1),
    ((seconds / bomb.units) * 1e6).toFixed(1),
    error.slice(0, 160),
  ]
  lines.push(`| ${cells.join(' | ')} |`)
  process.stderr.write(`${lines.at(-1) ?? ''}\n`)
  for (const each of violations) process.stderr.write(`  ${each.slice(0, 1_000)}\n`)
}
process.stdout.write(`${lines.join('\n')}\n`)
process.exitCode = failed === 0 ? 0 : 1
