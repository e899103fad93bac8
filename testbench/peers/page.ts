/** Renders the tables as a page of the documentation: their sources, their sizes, and every difference. */
import { type Peer, type Project, projects } from './peer.js'
import type { Row, Table } from './row.js'
import { tables } from './tables/index.js'

const introduction = `# The peers' own tables

<!-- Made by \`npx tsx scripts/peers-table.ts\` from testbench/peers; a test holds it to that. -->

What the test suites of other tools say of references, platforms, challenges, links, credentials files, documents, layouts
and archives is run against Windlass: each row is an input and what a peer's tests say of it. The tests run every row. Where
Windlass says something else, the row says why; those rows are listed below.

Only facts are taken: inputs and what they mean. They were read in the projects' test files and written anew as tables;
neither text nor code nor test data of the projects is in them, and archives are built by code of our own. The credit for
the cases is due to the projects and their contributors.
`

const all: readonly Row<unknown>[] = tables.flatMap(({ rows }) => rows)
const differs = ({ because }: Row<unknown>): boolean => because !== undefined
const count = (rows: readonly Row<unknown>[]): string =>
  `${rows.length} | ${rows.filter(differs).length || ''}`

const source = ([peer, { repository, version, licence }]: [Peer, Project]): string =>
  `| ${peer} | ${repository} | ${version} | ${licence} | ${count(all.filter((row) => row.peer === peer))} |`

export function peersPage(): string {
  const entries = Object.entries(projects) as [Peer, Project][] // the keys of this object
  return [
    introduction,
    `${all.length} rows, ${all.filter(differs).length} of them different.`,
    '',
    '| name here | repository | version | licence | rows | different |',
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
  const found = rows.filter(differs)
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
