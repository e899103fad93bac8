/** `windlass version`: prints the versions of the program and of what it uses. */
import type { Command } from 'commander'
import { decoders } from '../../../doctor/decoders.js'
import { eventVersion } from '../../../lib/events/event-version.js'
import { apiVersion, minApiVersion } from '../../../server/docker/paths.js'
import { addJsonFlag } from '../../setup/settings.js'
import type { Console } from '../../terminal/terminal.js'
import { version } from '../../version.js'

const examples = `
Examples:
  windlass version
  windlass version --json | jq -r .libraries.gzip`

/** Defines the options and the action of `windlass version`. */
export function defineVersion(command: Command, terminal: Console): void {
  addJsonFlag(command, 'print one JSON object')
  command
    .addHelpText('after', examples)
    .action(() => printVersion(command.opts<{ readonly json?: boolean }>(), terminal))
}

async function printVersion(
  { json = false }: { readonly json?: boolean },
  { output }: Console,
): Promise<void> {
  const report = {
    version: version(),
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
    libraries: decoders(),
    api: { windlass: 'v1', docker: [minApiVersion, apiVersion], events: eventVersion },
  }
  if (json) {
    await output.json(report)
    return
  }
  const { libraries, api } = report
  const lines = [
    `windlass ${report.version}`,
    `Node.js  ${report.node}`,
    `platform ${report.platform}`,
    `gzip     ${libraries.gzip}`,
    `zstd     ${libraries.zstd}`,
    `API      ${api.windlass}; Docker ${api.docker.join(' to ')}; events ${api.events}`,
  ]
  await output.write(lines.map((line) => `${line}\n`).join(''))
}
