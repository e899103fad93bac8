/** Renders the tables of peers as a page of the documentation: their sources, their sizes, and every difference. */
import { type Peer, type Project, projects } from './peer.js'
import type { Row, Table } from './row.js'
import { tables } from './tables/index.js'

const introduction = `# The peers' own tables

<!-- Made by \`npx tsx scripts/peers-table.ts\` from testbench/peers; a test holds it to that. -->

Test cases from the test suites of other tools (peers), for references, platforms, challenges, links, credentials files, documents,
layouts and archives. Each row is an input and the result that a peer's tests expect. The tests of Windlass run every row. If Windlass
has another result, the row says why; these rows are listed below.

Only facts were taken from the projects: inputs and their meanings. The tables were written anew; they contain no text, code or test
data of the projects, and archives are built by our own code. The credit for the cases is due to the projects and their contributors.
`

const all: readonly Row<unknown>[] = tables.flatMap(({ rows }) => rows)
const isDifferent = ({ because }: Row<unknown>): boolean => because !== undefined
const count = (rows: readonly Row<unknown>[]): string =>
  `${rows.length} | ${rows.filter(isDifferent).length || ''}`

const source = ([peer, { repository, version, licence }]: [Peer, Project]): string =>
  `| ${peer} | ${repository} | ${version} | ${licence} | ${count(all.filter((row) => row.peer === peer))} |`

export function peersPage(): string {
  const entries = Object.entries(projects) as [Peer, Project][] // the keys of this object
  return [
    introduction,
    `${all.length} rows, ${all.filter(isDifferent).length} of them different.`,
    '',
    '| peer | repository | version | licence | rows | different |',
    '|---|---|---|---|---|---|',
    ...entries.map(source),
    '',
    '| table | rows | different |',
    '|---|---|---|',
    ...tables.map(({ title, rows }) => `| ${title} | ${count(rows)} |`),
    '',
    '## Differences',
    ...tables.flatMap(differences),
    '',
  ].join('\n')
}

function differences({ title, about, rows }: Table<unknown>): string[] {
  const found = rows.filter(isDifferent)
  if (found.length === 0) return []
  return [
    `\n### ${title}\n`,
    `${about}\n`,
    '| peer | input | the peer | Windlass | because |',
    '|---|---|---|---|---|',
    ...found.map(
      ({ peer, input, theirs, ours, because = '' }) =>
        `| ${peer} | ${code(input)} | ${code(theirs)} | ${code(ours)} | ${cell(because)} |`,
    ),
  ]
}

const maxCodeLength = 70

/** Formats text as code: cuts long text, and escapes what has a meaning in Markdown or HTML. */
const code = (text: string): string =>
  text === ''
    ? 'nothing'
    : `<code>${cell(text.length > maxCodeLength ? `${text.slice(0, maxCodeLength)}…` : text)}</code>`

const cell = (text: string): string =>
  text
    .replace(/[^\x20-\x7e…’“”§]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[<>|*_`&\\]/g, (c) => `&#${c.charCodeAt(0)};`)
