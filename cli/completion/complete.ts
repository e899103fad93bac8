/** Completes a command line for a shell. */
import { Command, type Option } from 'commander'
import { ignoreFalseFlags } from '../setup/flags.js'
import type { Console } from '../terminal/terminal.js'
import { currentWord } from './command-line.js'
import { imageNames, storedRepositories } from './images.js'
import { optionValues } from './option-values.js'
import { pullIds } from './pulls.js'
import { type Candidate, formatReply, nothing, type Reply } from './reply.js'

/** A command as the list of commands defines it. */
export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<(command: Command, terminal: Console) => void>
}

/** Milliseconds after which a server or a registry is not waited for any longer. */
const timeLimit = 1_500

/** Name of the hidden command that the scripts of the shells run. */
export const completeCommand = 'complete'

/**
 * Prints what a shell is to offer for the last of `words`, the words of a command line without the name of the program.
 * Never fails and prints no error: the shell would show it in the line that is being typed.
 */
export async function complete(
  words: readonly string[],
  commands: readonly CompletedCommand[],
  terminal: Console,
): Promise<void> {
  const signal = AbortSignal.timeout(timeLimit)
  const timedOut = new Promise<Reply>((resolve) =>
    signal.addEventListener('abort', () => resolve(nothing), { once: true }),
  )
  const reply = await Promise.race([
    replyTo(words, commands, terminal, signal).catch(() => nothing),
    timedOut,
  ])
  await terminal.output.write(formatReply(reply))
  // A connection that does not close must not delay the shell.
  if (signal.aborted) terminal.exit(0)
}

/** Options of the program itself, before a command. */
const programOptions: readonly Candidate[] = [
  { value: '--help', description: 'display help' },
  { value: '--version', description: 'print the version' },
]

async function replyTo(
  words: readonly string[],
  commands: readonly CompletedCommand[],
  terminal: Console,
  signal: AbortSignal,
): Promise<Reply> {
  const at = words.findIndex((word) => !word.startsWith('-'))
  const current = words.at(-1) ?? ''
  const isCommandName = at === -1 || at === words.length - 1
  if (isCommandName || (words[at] === 'help' && at === words.length - 2))
    return startingWith(current, [
      ...(current.startsWith('-') ? programOptions : []),
      ...commands.map(({ name, summary }) => ({ value: name, description: summary })),
      ...(isCommandName ? [{ value: 'help', description: 'display help for a command' }] : []),
    ])
  const named = commands.find(({ name }) => name === words[at])
  if (!named) return nothing
  const group = new Command(named.name)
  const define = await named.load()
  define(group, terminal)
  const isGroup = group.commands.length > 0
  if (isGroup && words.length === at + 2)
    return startingWith(
      current,
      group.commands.map((each) => ({ value: each.name(), description: each.summary() })),
    )
  const command = isGroup ? group.commands.find((each) => each.name() === words[at + 1]) : group
  if (!command) return nothing
  const rest = words.slice(at + (isGroup ? 2 : 1))
  const word = currentWord(command, rest)
  if (word.kind === 'option') return startingWith(current, optionNames(command))
  if (word.kind === 'value') return optionValues(word.option, word.prefix, word.value)
  const { argument } = word
  if (argument === undefined) return nothing
  if (argument.argChoices)
    return startingWith(
      current,
      argument.argChoices.map((value) => ({ value })),
    )
  const flags = await flagsBefore(command, rest.slice(0, -1), terminal)
  const onlyStored = ['rm', 'tag', 'lease', 'export'].includes(named.name)
  const context = { flags, terminal, signal, onlyStored }
  switch (argument.name()) {
    case 'image':
    case 'from':
    case 'to':
      return imageNames(current, context)
    case 'repository':
      return storedRepositories(current, context)
    case 'id':
      return pullIds(current, named.name, flags, terminal)
    case 'file':
      return { kind: 'files', candidates: [] }
    case 'directory':
      return { kind: 'directories', candidates: [] }
    default:
      return nothing
  }
}

const startingWith = (start: string, candidates: readonly Candidate[]): Reply => ({
  kind: 'words',
  candidates: candidates.filter(({ value }) => value.startsWith(start)),
})

const optionNames = (command: Command): Candidate[] => [
  ...command.options.filter(({ hidden }) => !hidden).flatMap(namesOf),
  { value: '--help', description: 'display help for command' },
]

const namesOf = ({ short, long, description }: Option): Candidate[] =>
  [long, short].flatMap((value) => (value == null ? [] : { value, description }))

/**
 * Returns the options in `words` and in the environment. Returns none if a value is not valid: the command will say so.
 */
async function flagsBefore(
  command: Command,
  words: readonly string[],
  { env }: Console,
): Promise<Record<string, unknown>> {
  let flags: Record<string, unknown> = {}
  const silent = { writeOut: () => undefined, writeErr: () => undefined }
  command.exitOverride().configureOutput(silent).allowUnknownOption().allowExcessArguments()
  for (const argument of command.registeredArguments) argument.required = false
  command.action(() => {
    ignoreFalseFlags(command, env)
    flags = command.opts()
  })
  try {
    await command.parseAsync([...words], { from: 'user' })
  } catch {
    return {}
  }
  return flags
}
