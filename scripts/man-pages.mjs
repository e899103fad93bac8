/** Writes the manual pages from the texts of --help: windlass.1, and one page for each command. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { build } from 'esbuild'
import { Marked } from 'marked' // the dependency of marked-man
import markedMan from 'marked-man'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Loads the sources of the commands. */
async function loadCommands() {
  const outfile = at('dist/man/commands.mjs')
  await build({
    stdin: {
      contents: "export * from './cli/commands/index.ts'; export * from './cli/help.ts'",
      resolveDir: at(''),
    },
    ...{ bundle: true, platform: 'node', format: 'esm', packages: 'external', logLevel: 'warning', outfile },
  })
  try {
    return await import(pathToFileURL(outfile))
  } finally {
    rmSync(outfile)
  }
}

rmSync(at('dist/man'), { recursive: true, force: true })
mkdirSync(at('dist/man'), { recursive: true })
const { commands, description, epilogue } = await loadCommands()
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'))

/** Escapes text for Markdown. */
const escaped = (text) => text.replace(/[\\`*_{}[\]<>()#+.!|~:@-]/g, '\\$&')

/** Returns the text that a command adds to its help: examples, and what is worth knowing. */
function addedHelp(command) {
  const texts = []
  command.configureOutput({ writeOut: (text) => texts.push(text), getOutHelpWidth: () => 80 })
  const help = command.helpInformation
  command.helpInformation = () => ''
  command.outputHelp()
  command.helpInformation = help
  return texts.join('').trim()
}

/** Examples become code, the rest paragraphs. */
function sections(text) {
  const [, examples = '', notes = ''] = /^Examples:\n((?: .*\n?)*)\n*([^]*)$/.exec(text) ?? ['', '', text]
  return [
    ...(examples.trim() === '' ? [] : ['## EXAMPLES', fenced(examples)]),
    ...(notes.trim() === ''
      ? []
      : [
          '## NOTES',
          ...notes
            .trim()
            .split(/\n\n+/)
            .map((part) => escaped(part)),
        ]),
  ]
}

const fenced = (text) => `\`\`\`\n${text.replace(/\n+$/, '')}\n\`\`\``

const item = (term, text) => `* **${escaped(term)}**:\n  ${escaped(text)}`

/** Options below their headings, in the order of the help. */
function optionSections(command) {
  const help = command.createHelp()
  const groups = help.groupItems(
    command.options,
    help.visibleOptions(command),
    (option) => option.helpGroupHeading ?? 'Options:',
  )
  return [...groups].flatMap(([heading, options]) => [
    `## ${heading.replace(/:$/, '').toUpperCase()}`,
    options.map((option) => item(option.flags, help.optionDescription(option))).join('\n'),
  ])
}

const marked = new Marked({ ...markedMan, manVersion: version, manual: 'Windlass', breaks: false })

/** The day of the build, or that of SOURCE_DATE_EPOCH. */
const date = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000)
  .toISOString()
  .slice(0, 10)

/** Makes lists of terms of the bullets, and removes empty lines before requests, which roff would print. */
const withTerms = (roff) =>
  `${roff
    .replace(/^\.RS 1\n([^]*?)^\.RE$/gm, (_, list) =>
      list.replace(/^\.IP \\\(bu 2\n(\\fB.*\\fR):$/gm, '.TP\n$1'),
    )
    .replace(/\n\n+(?=\.)/g, '\n')
    .replace(/^(\.SH .*\n)\.P\n/gm, '$1')
    .replace(/^(\.TH "[^"]*" "1") "[^"]*"/, `$1 "${date}"`)
    .trimEnd()}\n`

const write = (name, summary, parts) => {
  const text = [`# ${name}(1) -- ${escaped(summary)}`, ...parts].join('\n\n')
  writeFileSync(at(`dist/man/${name}.1`), withTerms(marked.parse(text)))
}

const names = commands.map(({ name }) => `windlass-${name}(1)`)
for (const { name, summary, load } of commands) {
  const command = new Command(name).description(summary)
  const define = await load()
  define(command, { env: {} })
  // A command of commands, such as policy, has the texts of these.
  const leaves = command.commands.length > 0 ? command.commands : [command]
  write(`windlass-${name}`, summary, [
    '## SYNOPSIS',
    ...leaves.map(
      (leaf) => `\`windlass ${leaf === command ? name : `${name} ${leaf.name()}`} ${leaf.usage()}\``,
    ),
    ...leaves.flatMap(({ registeredArguments: operands }) =>
      operands.length === 0
        ? []
        : ['## ARGUMENTS', operands.map((each) => item(each.name(), each.description)).join('\n')],
    ),
    ...leaves.flatMap((leaf) => [...optionSections(leaf), ...sections(addedHelp(leaf))]),
    '## SEE ALSO',
    escaped('windlass(1)'),
  ])
}
write('windlass', description, [
  '## SYNOPSIS',
  '`windlass COMMAND [options] [arguments]`',
  '## COMMANDS',
  commands.map(({ name, summary }) => item(name, summary)).join('\n'),
  '## NOTES',
  ...epilogue
    .trim()
    .split(/\n\n+/)
    .map((part) => escaped(part)),
  '## SEE ALSO',
  escaped(names.join(', ')),
])
