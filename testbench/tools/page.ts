/** Writes the page that lists the tools and what passes between them and Windlass. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { NewestResult } from './newest.js'
import { type ToolRow, toolPackages, toolRows } from './rows.js'

/** Versions of the tools with which the tests ran when the page was made. */
export type ToolVersions = Readonly<Record<string, string>>

/** The file with the versions. */
export const versionsFile = fileURLToPath(new URL('versions.json', import.meta.url))

/** Reads the versions of the last run. @throws errors of `node:fs` */
export const readVersions = (): ToolVersions => JSON.parse(readFileSync(versionsFile, 'utf8')) as ToolVersions

/**
 * Returns the page.
 * @param versions of the tools in the tests
 * @param newest results with the newest tools
 */
export function toolsPage(versions: ToolVersions, newest: readonly NewestResult[]): string {
  const tools = Object.keys(toolPackages)
  const rows = toolRows.toSorted((a, b) => tools.indexOf(a.tool) - tools.indexOf(b.tool))
  return `# Compatibility: the tools around Windlass

<!-- Made by \`npx tsx scripts/tools-table.ts\` from testbench/tools; a test holds it to that. -->

What other tools give to Windlass, what they take from it, and the test that runs the real tool. The versions are those of the tests:
Debian bookworm, and cosign of Debian testing. [compatibility-peers.md](compatibility-peers.md) compares which images the pullers accept.

| tool | version | Windlass takes | Windlass gives | test |
|---|---|---|---|---|
${rows.map((row) => lineOf(row, versions)).join('\n')}

## The newest tools

The same exchanges with the tools of Debian testing, which \`npx tsx scripts/newest-tools.ts\` runs. They are not part of the tests.

| tool | version | exchange | works |
|---|---|---|---|
${newest.map(({ tool, version, what, result }) => `| ${tool} | ${version} | ${what} | ${escaped(result)} |`).join('\n')}
`
}

const lineOf = ({ tool, taken = '', given = '', spec, test }: ToolRow, versions: ToolVersions): string =>
  `| ${tool} | ${versions[tool] ?? '–'} | ${taken} | ${given} | ${spec}: ${escaped(test)} |`

/** Returns a title as text of a table, with its placeholders as `…`. */
const escaped = (title: string): string => title.replace(/%[sj]|\$\w+/g, '…').replaceAll('|', '\\|')
