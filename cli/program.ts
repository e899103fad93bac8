/** Parses the command line, runs the command, and maps an error to a message and an exit code. */
import { Command, CommanderError } from 'commander'
import { WindlassError } from '../lib/errors.js'
import { printable } from '../lib/codec/printable.js'
import { type CommandEntry, commands } from './commands/index.js'
import { ReportedFailure } from './terminal/failure.js'
import { ignoreFalseFlags } from './setup/flags.js'
import { Messages } from './terminal/messages.js'
import type { Console, Terminal } from './terminal/terminal.js'
import { description, epilogue } from './help.js'
import { version } from './version.js'
import { messageFormat } from './terminal/message-format.js'

const helpHint = 'Run the command with --help for its usage.'

/** Runs the command that `argv` names (without the program's name) and resolves to the exit code. Never rejects. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const entry = findCommand(argv)
  const { output, stderr, env, signals } = terminal
  const format = messageFormat(argv, env, entry?.showsProgress ?? false)
  const json = format !== 'text'
  const messages = new Messages(stderr, { format, debug: Boolean(env['WINDLASS_DEBUG']) })
  terminal.redirectNotices?.(messages)
  const errorOutput: string[] = []
  const console = {
    get stdin() {
      return terminal.stdin
    },
    output,
    stderr,
    env,
    signals,
    messages,
    exit: (code: number) => terminal.exit(code),
  }
  try {
    if (argv[0] === 'complete' && argv[1] === '--') {
      const { complete } = await import('./completion/complete.js')
      await complete(argv.slice(2), commands, console)
      return 0
    }
    const program = await buildProgram(entry, console, (text) =>
      json ? errorOutput.push(text) : stderr.write(text),
    )
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof ReportedFailure) return error.exitCode
    if (!(error instanceof CommanderError)) return messages.error(error)
    // Commander has printed its message. Help and version are not errors; everything else is an error of usage.
    if (error.exitCode === 0) return 0
    if (json) messages.error(usageError(errorOutput))
    return 2
  }
}

/** Headings of the groups of commands, without the last one. */
const commandHeadings = new Set(commands.map(({ group }) => group))
commandHeadings.delete(commands.at(-1)!.group)

/** Formats a part of the help. No empty lines separate the groups of commands, so that the list fits a screen. */
function formatItemList(heading: string, items: string[]): string[] {
  if (items.length === 0) return []
  return commandHeadings.has(heading) ? [heading, ...items] : [heading, ...items, '']
}

function findCommand(argv: readonly string[]): CommandEntry | undefined {
  const words = argv.filter((word) => !word.startsWith('-'))
  const named = words[0] === 'help' ? words[1] : words[0]
  return commands.find(({ name }) => name === named)
}

/** Returns the error for a message that Commander printed. */
function usageError(errorOutput: readonly string[]): WindlassError {
  const [first = ''] = errorOutput.join('').trim().split('\n')
  return new WindlassError('USAGE', first.replace(/^windlass: /, ''), { hint: helpHint })
}

async function buildProgram(
  named: CommandEntry | undefined,
  terminal: Console,
  writeError: (text: string) => unknown,
): Promise<Command> {
  const program = new Command('windlass')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('display help for a command')
        .helpOption(false)
        .helpGroup('Other:'),
    )
    .description(description)
    .version(version(), '-V, --version')
    .exitOverride()
    // The longest option has 42 characters. With the default, 40, Commander would not wrap the texts beside it.
    .configureHelp({ minWidthToWrap: 20, formatItemList })
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => void writeError(text),
      outputError: (text, write) => write(escapeLines(text.replace(/^error: /, 'windlass: '))),
    })
    .showHelpAfterError(helpHint)
    .addHelpText('after', epilogue)
    .hook('preAction', (_, command) => ignoreFalseFlags(command, terminal.env))
  // Only the help and the error of an unknown command need the others.
  for (const { name, group, summary, usage, load } of named ? [named] : commands) {
    const command = program.command(name).helpGroup(group).summary(summary).description(summary)
    // Only the module of the command that runs is loaded. --version and --help need none.
    if (name === named?.name) (await load())(command, terminal)
    else command.usage(usage)
  }
  return program
}

/**
 * Escapes control characters, except line feeds. A message contains arguments of the command line, which may come from
 * an untrusted source.
 */
const escapeLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => printable(line, 2_000))
    .join('\n')
