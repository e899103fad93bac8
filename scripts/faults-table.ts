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
  console.error('docs/faults.md is stale: run npx tsx scripts/faults-table.ts')
  process.exitCode = 1
}

function render(faults: readonly CataloguedFault[]): string {
  const moments = [...new Set(faults.map(({ moment }) => moment))]
  const sections = moments.map((moment) => {
    const rows = faults.filter((fault) => fault.moment === moment)
    const lines = rows.map(row)
    return `## ${moment} (${rows.length})\n\n| fault | the registry … | the client gives | requests | elsewhere | KiB |\n| --- | --- | --- | --: | --: | --: |\n${lines.join('\n')}\n`
  })
  return `${introduction(faults.length)}\n${sections.join('\n')}`
}

function row({ id, does, gives, may, credentialsAt, setting, silent }: CataloguedFault): string {
  const [, name = id] = id.split('/')
  const notes = [
    ...(setting.tls ? ['over TLS'] : []),
    ...(setting.by === 'digest' ? ['asked for by digest'] : []),
    ...(silent ? ['with a short timeout'] : []),
    ...(credentialsAt.includes('elsewhere') ? ['the other origin may see credentials'] : []),
  ]
  const said = notes.length === 0 ? does : `${does} (${notes.join(', ')})`
  const cells = [
    `\`${name}\``,
    escaped(said),
    gives === 'image' || gives === 'tags' ? `the ${gives}` : `\`${gives}\``,
  ]
  return `| ${[...cells, may.requests, may.elsewhere, Math.ceil(may.bytes / 1024)].join(' | ')} |`
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

What a registry can do to a client, as ${count} faults that can be had again: each happens at a named moment, over real
sockets, with chance that comes of a seed. For each stands here what the client must give in the end (the right bytes, or
an error of this code), and how much it may spend until then: requests to the registry, requests to another origin, and
KiB that both may send. The image has 97 KiB; without a fault its pull takes 7 requests.

Of every fault holds, too: no credential, no cookie and no token reaches another origin, unless the row says so; no secret
stands in an event, an error, a cause of it, or a file; nothing that came from the network steers a terminal; the store
has what it had before, and beyond that only verified blobs and bytes that a resumed download goes on from; it ends within
10 seconds; and when the fault is over, the next pull succeeds. \`spec/faults\` runs all of them through \`open().pull\`.

For a client of your own:

\`\`\`ts
import { faultCatalogue, startFaultScene } from 'windlass/testing'

for (const fault of faultCatalogue) {
  const scene = await startFaultScene(fault)
  const { reference, login, ca } = scene
  const outcome = await yourClient({ reference, login, ca }) // what it gives is held against fault.gives
  console.log(fault.id, outcome, scene.findings()) // overspent budgets, credentials at strangers
  await scene.close()
}
\`\`\`
`
}
