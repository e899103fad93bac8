/** Renders the corpus as a page of the documentation: every case, its result, and the results of other tools. */
import { defaultLimits, type LimitName, limitNames } from '../../lib/limits.js'
import { corpus } from './index.js'
import { isRefused, type LayerCase, type Outcome, type Threat, threats } from './layer-case.js'

const meanings: Readonly<Record<LimitName, string>> = {
  layerBytes: 'a layer unpacked: its archive, and its files with holes filled',
  imageBytes: 'all layers of an image unpacked',
  layerRatio: 'bytes made of one compressed byte, where a layer has more than 1 GiB unpacked',
  layerEntries: 'entries of a layer, whiteouts included',
  layerDirectories: 'directories that a layer makes or puts something into, parents included',
  pathBytes: 'the name of an entry',
  pathDepth: 'components of that name',
  headerBytes: 'a pax header, a GNU long name, a sparse map',
  sparseFileBytes: 'a sparse file with its holes filled',
  tocBytes: 'the table of contents of a layer; a layer with a larger one is read without it',
  manifestBytes: 'a manifest or an index',
  configBytes: 'an image config',
  indexDepth: 'indexes inside each other',
  indexEntries: 'manifests of one index',
  tokenBytes: "a token server's answer",
  errorBytes: "a refusal's explanation; what goes beyond is not read, and refuses nothing more",
  redirects: 'redirects of one request',
  tagPageBytes: "a page of a repository's tags",
  tagBytes: 'all its pages',
  tagPages: 'their number',
  tagSeconds: 'the seconds that the pages after the first take',
}

function amount(value: number): string {
  const units = ['', ' KiB', ' MiB', ' GiB', ' TiB']
  let at = 0
  let rest = value
  for (; rest >= 1024 && rest % 1024 === 0; at++) rest /= 1024
  return `${rest.toLocaleString('en')}${units[at] ?? ''}`
}

const introduction = `# Layers: what is accepted, what is refused

<!-- Made by \`npx tsx scripts/corpus-table.ts\` from testbench/corpus; a test holds it to that. -->

Every case below is built byte by byte and unpacked by the tests, as root and as an ordinary user, with a tree beside the
root that must not change. *Flattened* is what comes of all layers put together into one tree; *alone*, where it says
something else, what comes of the last layer in a tree of its own, with whiteouts kept as files. A refusal is exit code 5
and leaves nothing. *umoci* is what umoci 0.4.7 makes of the same layers, asked by a test; what containerd does is noted
where it is known to differ; it was not asked.

A tree is written one path after the other: \`dir/\`, \`file = content\`, \`link -> target\`, \`name == the path it is a hard
link of\`, \`fifo |\`, \`null char 1:3\`. What is not 0755 for directories or 0644 for all else, owned by 0:0 or of the time 0
stands in braces. An ordinary user gets the same but for owners, devices, and attributes that only root may set.
`

const limits = `
## Limits

What crosses one is refused with LIMIT_EXCEEDED, which names it: exit code 5, and nothing is left of the layer.
\`--limit name=value\` changes one, \`none\` lifts it; in code, \`limits\` of \`open\`.

| limit | default | of |
|---|---|---|
${limitNames.map((name) => `| ${name} | ${amount(defaultLimits[name])} | ${meanings[name]} |`).join('\n')}
`

export function corpusTable(): string {
  const sections = Object.keys(threats).flatMap((key) => {
    const threat = key as Threat // the keys of this object
    const cases = corpus.filter((each) => each.threat === threat)
    return [
      `\n## ${capitalised(threats[threat])}\n`,
      '| case | flattened | umoci |',
      '|---|---|---|',
      ...cases.map(row),
    ]
  })
  return [
    introduction,
    `${corpus.length} cases, ${corpus.filter(({ flat }) => isRefused(flat)).length} of them refused.`,
    ...sections,
    limits,
    '',
  ].join('\n')
}

function row({ name, flat, own, umoci, containerd, layers }: LayerCase): string {
  const alone = own === undefined ? '' : `<br>alone: ${describeOutcome(own)}`
  const others = containerd === undefined ? umoci : `${umoci}<br>containerd: ${containerd}`
  const many = layers.length === 1 ? '' : ` (${layers.length} layers)`
  return `| ${cell(name)}${many} | ${describeOutcome(flat)}${alone} | ${cell(others)} |`
}

function describeOutcome(outcome: Outcome): string {
  if (isRefused(outcome)) return `**${outcome.refused}**`
  if (outcome.length === 0) return 'nothing'
  const lines = outcome.slice(0, 8).map((line) => code(line.length > 90 ? `${line.slice(0, 80)}…` : line))
  return [...lines, ...(outcome.length > 8 ? [`and ${outcome.length - 8} more`] : [])].join(', ')
}

const code = (text: string): string => `<code>${cell(text).replaceAll('\\', '&#92;')}</code>`

/** Formats text for a table cell: escapes control characters and characters with a meaning in Markdown or HTML. */
const cell = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[<>|*_`&](?!br>)/g, (c) => `&#${c.charCodeAt(0)};`)
    .replaceAll('&#60;br&#62;', '<br>')

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
