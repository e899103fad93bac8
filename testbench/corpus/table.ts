/** Renders the corpus as a page of the documentation: every case, its result, and the results of other tools. */
import { defaultLimits, type LimitName, limitNames } from '../../lib/limits.js'
import { corpus } from './index.js'
import { isRefused, type LayerCase, type Outcome, type Threat, threats } from './layer-case.js'

const meanings: Readonly<Record<LimitName, string>> = {
  layerBytes: 'bytes of an unpacked layer: of its archive, and of its files with holes filled',
  imageBytes: 'bytes of all unpacked layers of an image',
  layerRatio: 'unpacked bytes per compressed byte, for a layer of more than 1 GiB unpacked',
  layerEntries: 'entries of a layer, whiteouts included',
  layerDirectories: 'directories that a layer creates or adds entries to, parents included',
  pathBytes: 'bytes of the name of an entry',
  pathDepth: 'components of that name',
  headerBytes: 'a pax header, a GNU long name, a sparse map',
  sparseFileBytes: 'a sparse file with its holes filled',
  tocBytes: 'the table of contents of a layer; a layer with a larger one is read without it',
  manifestBytes: 'a manifest or an index',
  configBytes: 'an image config',
  indexDepth: 'levels of nested indexes',
  indexEntries: 'manifests of one index',
  tokenBytes: 'the response of a token server',
  errorBytes: 'the body of an error response; more is not read, which is not an error of its own',
  redirects: 'redirects of one request',
  tagPageBytes: "a page of the list of a repository's tags",
  tagBytes: 'all pages of this list',
  tagPages: 'number of pages of this list',
  tagSeconds: 'seconds for all pages after the first',
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

The tests build every case below byte by byte and unpack it as root and as an ordinary user. Next to it is a tree that must not
change.
*Flattened* is the tree of all layers together. *Alone* is the tree of only the last layer, with whiteouts kept as files; it is
given only if it differs. A refusal is exit code 5 and leaves nothing behind. *umoci* is the result of umoci 0.4.7 for the same
layers, which a test verifies. Known differences of containerd are noted; containerd was not run.

A tree is a list of paths: \`dir/\`, \`file = content\`, \`link -> target\`, \`name == the path it is a hard link of\`, \`fifo |\`,
\`null char 1:3\`. Attributes in braces differ from the default: mode 0755 for directories and 0644 for others, owner 0:0, time 0. For
an ordinary user, the result is the same except for owners, devices, and attributes that only root may set.
`

const limits = `
## Limits

Content that exceeds a limit is refused with LIMIT_EXCEEDED (exit code 5). The error names the limit, and nothing is left of the layer.
\`--limit name=value\` changes a limit, and the value \`none\` removes it. In code, use the option \`limits\` of \`open\`.

| limit | default | what it limits |
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
