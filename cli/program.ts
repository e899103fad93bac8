/** The command line as a whole: picks the command, runs it, and turns what went wrong into one line and an exit code. */
import { Command, CommanderError } from 'commander'
import { commands } from './commands/index.js'
import { Told, tell } from './failure.js'
import { dropFalseFlags } from './flags.js'
import type { Terminal } from './terminal.js'
import { version } from './version.js'

const epilogue = `
Examples:
  windlass demo                                   everything at once, with no network
  windlass pull alpine:3.20                       into the store, verified and unpacked
  windlass pull --platform linux/arm64 debian     for another machine
  windlass unpack alpine:3.20 ./rootfs            one tree on disk
  windlass inspect --config quay.io/podman/hello  what it would run

An image is named as Docker names it, or oci:DIR[:NAME] for one in an OCI layout.
Every option that shows an environment variable can be set with it.

Exit codes: 0 done, 1 failed otherwise, 2 usage or reference, 3 unauthorised or denied, 4 not found,
5 verification failed, 6 network or registry, 7 store, 130 cancelled.`

/** Runs the command that `argv` names (without the program's own name) and resolves to the exit code. Never rejects. */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const program = await build(argv, terminal)
    await program.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said what there is to say: help and version are no failures, all else is usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof Told) return error.exitCode
    return tell(error, terminal)
  }
}

async function build(argv: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command('windlass')
    .description('Pulls container images from any OCI or Docker registry, with no daemon.')
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.output.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'windlass: ')),
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText('after', epilogue)
    .hook('preAction', (_, command) => dropFalseFlags(command, terminal.env))
  const words = argv.filter((word) => !word.startsWith('-'))
  const named = words[0] === 'help' ? words[1] : words[0]
  for (const { name, summary, usage, load } of commands) {
    const command = program.command(name).summary(summary).description(summary)
    // Only the command that runs is loaded: --version and --help need none.
    if (name === named) (await load())(command, terminal)
    else command.usage(usage)
  }
  return program
}
