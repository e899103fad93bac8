/** `windlass doctor`: examines this machine and the named registries, and says what to do. */
import type { Command } from 'commander'
import { printable } from '../../../lib/codec/printable.js'
import { formatCount } from '../../../lib/quantities.js'
import type { Finding, FindingState } from '../../../doctor/finding.js'
import { ReportedFailure } from '../../terminal/failure.js'
import { interruptible } from '../../terminal/interrupt.js'
import {
  addJsonFlag,
  addNetworkFlags,
  addStoreFlags,
  openOptions,
  type Settings,
} from '../../setup/settings.js'
import { verboseOptions } from '../../setup/verbose.js'
import type { Console } from '../../terminal/terminal.js'

interface DoctorFlags extends Settings {
  readonly json?: boolean
}

const examples = `
Examples:
  windlass doctor                          this machine and the store
  windlass doctor docker.io quay.io        also whether these registries answer
  windlass doctor --json registry.example:5000/team/app:1 | jq '.[].advice'

Prints one finding a line: ok, note (pulls work, but could be better) or problem
(some pulls fail), and what to do. The exit code is 1 if there is a problem.
Only the named registries are contacted. Secrets are never printed.`

/** Defines the arguments, options and action of `windlass doctor`. */
export function defineDoctor(command: Command, terminal: Console): void {
  command.argument('[target...]', 'registries, such as quay.io, or images')
  addJsonFlag(command, 'print one JSON array')
  addNetworkFlags(addStoreFlags(command))
  command
    .addHelpText('after', examples)
    .action((targets: string[]) => runDoctor(targets, command.opts<DoctorFlags>(), terminal))
}

const marks: Readonly<Record<FindingState, string>> = { ok: 'ok     ', note: 'note   ', problem: 'PROBLEM' }

function runDoctor(targets: readonly string[], flags: DoctorFlags, terminal: Console): Promise<void> {
  return interruptible(terminal, async (signal) => {
    const { json = false } = flags
    const { output, env, messages } = terminal
    const { examine } = await import('../../../doctor/doctor.js')
    const { registriesFor, configuredHosts } = await import('../../../puller/options/registries-for.js')
    const { storeDirectory } = await import('../../../puller/options/options.js')
    const options = await openOptions(flags, terminal, targets, signal)
    const registries = await registriesFor({ ...options, ...verboseOptions(flags, messages) })
    const findings: Finding[] = []
    try {
      const { authFile } = options
      const examination = {
        ...{ store: storeDirectory(options, env), env, registries, targets, signal },
        hosts: configuredHosts(options),
        ...(authFile !== undefined && { authFile }),
      }
      for await (const finding of examine(examination)) {
        findings.push(finding)
        if (!json) await output.write(findingText(finding))
      }
    } finally {
      await registries.close()
    }
    if (json) await output.json(findings)
    const problems = findings.filter(({ state }) => state === 'problem').length
    if (problems === 0) return
    messages.note(`${formatCount(problems, 'problem')} found.`)
    throw new ReportedFailure(1)
  })
}

const findingText = ({ check, state, message, advice }: Finding): string =>
  `${marks[state]} ${check.padEnd(11)} ${printable(message, 1_000)}\n${
    advice === undefined ? '' : `${' '.repeat(20)}${printable(advice, 1_000)}\n`
  }`
