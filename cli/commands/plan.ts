/** `windlass plan`: tells what a pull of an image would fetch, reuse and cost. */
import type { Command } from 'commander'
import { printable, maxImageNameLength } from '../../lib/codec/printable.js'
import { formatBytes, formatCount } from '../../lib/quantities.js'
import type { LayerPlan, PullPlan } from '../../pipelines/index.js'
import type { PlanRequest } from '../../puller/index.js'
import { pullTable } from '../../puller/options/option-table.js'
import { table } from '../render/table.js'
import { flagSetting, platformSetting } from '../setup/flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { withWindlass } from '../setup/session.js'
import { addJsonFlag, addNetworkFlags, type Settings, addStoreFlags } from '../setup/settings.js'
import type { Console } from '../terminal/terminal.js'

interface PlanFlags extends Settings {
  readonly platform?: string
  readonly unpack: boolean
  readonly discardBlobs?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  windlass plan alpine:3.20
  windlass plan --json debian:12 | jq .bytes.toDownload

Fetches manifests and the config only, and stores nothing. Reads what the store
has, if there is one. In code, a pull that is given the plan fetches exactly
that image: pull(name, { plan }).`

/** Defines the arguments, options and action of `windlass plan`. */
export function definePlan(command: Command, terminal: Console): void {
  command
    .argument('<image>', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .addOption(platformSetting())
    .option('--no-unpack', 'plan a pull that stores the blobs only')
    .addOption(flagSetting('--discard-blobs', pullTable.discardBlobs))
  addJsonFlag(command, 'print the plan as one JSON object')
  addNetworkFlags(addStoreFlags(addLimitFlag(command)))
  command
    .addHelpText('after', examples)
    .action((image: string) => plan(image, command.opts<PlanFlags>(), terminal))
}

function plan(name: string, flags: PlanFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, unpack, discardBlobs = false, json = false } = flags
    const options: PlanRequest = { unpack, discardBlobs, signal, ...(platform !== undefined && { platform }) }
    const pullPlan = await windlass.plan(name, options)
    for (const { code, message } of pullPlan.warnings) terminal.messages.warning(code, message)
    if (json) await terminal.output.json(pullPlan)
    else await terminal.output.write(planText(pullPlan, unpack))
  })
}

const actionTexts = { exists: 'in the store', resume: 'resume', download: 'download' }

function planText(pullPlan: PullPlan, unpack: boolean): string {
  const { name, platform, from, status, digest, bytes, requests, disk, layers } = pullPlan
  const summary = [
    ['image', `${printable(name, maxImageNameLength)} (${platform})`],
    ['digest', digest],
    ['from', printable(from, maxImageNameLength)],
    ['status', status === 'up-to-date' ? 'the store has it' : 'new, or not complete in the store'],
    [
      'download',
      `${formatBytes(bytes.toDownload)} of ${formatBytes(bytes.total)}, in ${formatCount(requests, 'request')}`,
    ],
    ['disk', `${formatBytes(disk)}${unpack && status === 'newer' ? ', and the unpacked layers' : ''}`],
  ]
  const rows = summary.map(([what = '', value = '']) => `${what.padEnd(9)} ${value}\n`).join('')
  return `${rows}\n${table(['LAYER', 'SIZE', 'ACTION'], layers.map(row))}`
}

const row = ({ digest, size, action, offset }: LayerPlan): string[] => [
  digest.replace(/^([\w+.-]+:.{12}).*$/s, '$1'),
  formatBytes(size),
  action === 'resume' ? `resume after ${formatBytes(offset)}` : actionTexts[action],
]
