/**
 * Writes docs/faults.md: all faults of the test kit, with the required result of a client.
 *
 *     npx tsx scripts/faults-table.ts [--check]
 *
 * `--check` exits with 1 if the table is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type CataloguedFault, faultCatalogue } from '../lib/testing/registry/index.js'

const path = fileURLToPath(new URL('../docs/faults.md', import.meta.url))
const page = render(faultCatalogue)
if (!process.argv.includes('--check')) writeFileSync(path, page)
else if (readFileSync(path, 'utf8') !== page) {
  console.error('docs/faults.md is outdated: run npx tsx scripts/faults-table.ts')
  process.exitCode = 1
}

function render(faults: readonly CataloguedFault[]): string {
  const moments = [...new Set(faults.map(({ moment }) => moment))]
  const sections = moments.map((moment) => {
    const rows = faults.filter((fault) => fault.moment === moment)
    const lines = rows.map(row)
    return `## ${moment} (${rows.length})\n\n| fault | the registry … | required result | requests | other origin | KiB |\n| --- | --- | --- | --: | --: | --: |\n${lines.join('\n')}\n`
  })
  return `${introduction(faults.length)}\n${sections.join('\n')}`
}

function row({ id, behaviour, outcome, budget, credentialsAt, setting, silent }: CataloguedFault): string {
  const [, name = id] = id.split('/')
  const notes = [
    ...(setting.tls ? ['over TLS'] : []),
    ...(setting.by === 'digest' ? ['requested by digest'] : []),
    ...(silent ? ['with a short timeout'] : []),
    ...(credentialsAt.includes('elsewhere') ? ['the other origin may see credentials'] : []),
  ]
  const said = notes.length === 0 ? behaviour : `${behaviour} (${notes.join(', ')})`
  const cells = [
    `\`${name}\``,
    escaped(said),
    outcome === 'image' || outcome === 'tags' ? `the ${outcome}` : `\`${outcome}\``,
  ]
  return `| ${[...cells, budget.requests, budget.elsewhere, Math.ceil(budget.bytes / 1024)].join(' | ')} |`
}

/** Escapes text for a table cell: bars and control characters. */
function escaped(text: string): string {
  const visible = Array.from(text, (each) => {
    const code = each.charCodeAt(0)
    return code < 0x20 || (code >= 0x7f && code < 0xa0) ? `\\x${code.toString(16).padStart(2, '0')}` : each
  })
  return visible
    .join('')
    .replace(/\|/g, '\\|')
    .replace(/9{50,}/g, '999…')
}

function introduction(count: number): string {
  return `# Faults

<!-- Made by scripts/faults-table.ts out of lib/testing/registry/faults. Do not edit. -->

${count} reproducible faults of registries. Each happens at a defined moment, over real sockets; random choices are determined by a
seed. The tables list the required result of the client (the right bytes, or an error with this code) and its budget: the maximum
number of requests to the registry and to another origin, and of KiB that both may send. The image has 97 KiB; a pull without a
fault takes 7 requests.

The following applies to every fault. No credential, cookie or token reaches another origin, unless the row says so. No secret
appears in an event, an error, its causes, or a file. Nothing from the network controls the terminal. The store contains what it
contained before, and in addition only verified blobs and partial downloads that can be resumed. The client ends within 10 seconds.
After the fault, the next pull succeeds. \`spec/faults\` runs all of them through \`open().pull\`.

For a client of your own:

\`\`\`ts
import { faultCatalogue, startFaultScene } from 'windlass/testing'

for (const fault of faultCatalogue) {
  const scene = await startFaultScene(fault)
  const { reference, login, ca } = scene
  const outcome = await yourClient({ reference, login, ca }) // compare it with fault.outcome
  console.log(fault.id, outcome, scene.findings()) // overspent budgets, credentials at strangers
  await scene.close()
}
\`\`\`
`
}
