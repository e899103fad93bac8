/** Renders the cases as a page of the documentation: the correct result, and the results of other pullers. */
import { type CompatibilityCase, type Kind, kinds } from './case.js'
import { differences } from './differences.js'
import { differs } from './majority.js'
import type { PeerOutcomes } from './peers.js'
import { reports } from './reports.js'

const introduction = `# Compatibility: what other pullers take

<!-- Made by \`npx tsx scripts/compatibility-table.ts\` from testbench/compatibility; a test holds it to that. -->

Every case below is an image or a list of tags that tools and registries produce although no specification describes it, or that a
specification allows although few programs expect it. The embedded registry serves each case. Windlass pulls it in the tests
(\`spec/compatibility\`), and the other pullers pull it when the table is made, each with an empty store. If a case reproduces a public
report, the report is named.

Windlass accepts bytes that match their digest, and reports unclear documents as warnings. It refuses what could do harm and what is
not an image. If at least four of skopeo, crane, podman, containerd and docker behave differently, the reason in the last column begins
with *Differs*. Lists of tags are tested only with the tools that list tags: skopeo, crane and podman.

*skopeo* copies to an OCI layout; *umoci* unpacks what skopeo copied; *crane* pulls and exports; *podman* and *docker* pull;
*containerd* is run as \`ctr images pull\`; *oras* copies to an OCI layout. Tools that only copy need not understand what they copy. A
dash means that the tool has no such command, or reads no credentials file.
`

export function compatibilityPage(cases: readonly CompatibilityCase[], peers: PeerOutcomes): string {
  const names = Object.keys(peers.versions)
  const missing = Object.entries(peers.skipped).map(
    ([name, reason]) => `- ${name} could not be run: ${reason}`,
  )
  const taken = cases.filter(({ expected }) => expected === 'taken').length
  return [
    introduction,
    `${cases.length} cases after ${reports.length} public reports: ${taken} are taken, ${cases.length - taken} refused.`,
    ...(missing.length > 0 ? ['', ...missing] : []),
    ...Object.keys(kinds).flatMap((key) => section(key as Kind, cases, peers, names)), // the keys of this object
    '',
  ].join('\n')
}

function section(
  kind: Kind,
  cases: readonly CompatibilityCase[],
  peers: PeerOutcomes,
  names: readonly string[],
): string[] {
  const { versions, outcomes } = peers
  const own = cases.filter((each) => each.kind === kind)
  const reasons = own.flatMap(({ id }) => {
    const refusals = names.flatMap((name) => {
      const outcome = outcomes[id]?.[name]
      return outcome === undefined || outcome === 'taken' ? [] : [`${name}: ${code(outcome)}`]
    })
    return refusals.length === 0 ? [] : [`- ${id}: ${refusals.join('; ')}`]
  })
  return [
    `\n## ${kinds[kind]}\n`,
    `| case | what is served | ${names.map((name) => `${name} ${versions[name] ?? ''}`).join(' | ')} | Windlass | why |`,
    `|---|---|${names.map(() => '---|').join('')}---|---|`,
    ...own.map((each) => row(each, peers, names)),
    ...(reasons.length === 0
      ? []
      : ['\n<details><summary>What they say</summary>\n', ...reasons, '\n</details>']),
  ]
}

const word = (outcome: string | undefined): string =>
  outcome === undefined
    ? '–'
    : outcome === 'taken'
      ? 'taken'
      : outcome.startsWith('taken, but')
        ? 'taken, but'
        : '**refused**'

function row(each: CompatibilityCase, peers: PeerOutcomes, names: readonly string[]): string {
  const { id, served, expected, why, warns } = each
  const ours = expected === 'taken' ? (warns ? 'taken, with a warning' : 'taken') : `**${expected}**`
  const known = reports.filter(({ cases }) => cases.includes(id)).map(({ report }) => report)
  const from = known.length === 0 ? '' : ` (${known.join(', ')})`
  const difference = differs(each, peers) ? `. **Differs:** ${differences.get(id) ?? ''}` : ''
  const theirs = names.map((name) => word(peers.outcomes[id]?.[name]))
  return `| ${id} | ${escaped(served)}${from} | ${theirs.join(' | ')} | ${ours} | ${escaped(why + difference)} |`
}

const escaped = (text: string): string => text.replace(/\|/g, '\\|').replace(/</g, '&lt;')

const code = (text: string): string => `\`${text.replace(/`/g, "'")}\``
