/** `windlass bench`: finds the best limits on concurrency for the user's registry, network and disk. */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Command, Option } from 'commander'
import type { BenchReport } from '../../puller/bench/index.js'
import { benchTable } from '../../puller/options/option-table.js'
import { table } from '../render/table.js'
import { valueError, platformSetting, textOption } from '../setup/flags.js'
import { addLimitFlag } from '../setup/limit-flag.js'
import { addJsonFlag, addNetworkFlags, openOptions, type Settings } from '../setup/settings.js'
import { verboseOptions } from '../setup/verbose.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Console } from '../terminal/terminal.js'

interface BenchFlags extends Settings {
  readonly downloads?: readonly number[]
  readonly unpacks?: readonly number[]
  readonly runs: number
  readonly budget: number
  readonly under?: string
  readonly platform?: string
  readonly unpack: boolean
  readonly out?: string
  readonly json?: boolean
}

const examples = `
Examples:
  windlass bench registry.example/app:1
  windlass bench --downloads 1,3,6,10 --unpacks 1,2 registry.example/app:1
  windlass bench --out ./bench registry.example/app:1

Pulls the image repeatedly with different settings, each time into an empty
temporary store, and recommends a setting. Each run fetches all layers: mind the
rate limits of public registries. The temporary stores are on the same disk as
the usual store, unless --under is given. Settings whose times overlap get more
runs.`

/** Defines the arguments, options and action of `windlass bench`. */
export function defineBench(command: Command, terminal: Console): void {
  const { downloads, unpacks, runs, budget, under } = benchTable
  command
    .argument('<image>', 'image name as for Docker')
    .addOption(listOption('--downloads <list>', `${downloads.help} (default: 1,2,3,6,10)`))
    .addOption(listOption('--unpacks <list>', `${unpacks.help} (default: 1, 2 and the number of processors)`))
    .addOption(new Option('--runs <n>', runs.help).argParser(parseRuns).default(runs.default))
    .addOption(
      new Option('--budget <time>', `${budget.help}, such as 90s, 5m, 1h`)
        .argParser(parseTime)
        .default(budget.default, '5m'),
    )
    .addOption(textOption('--under <dir>', under))
    .addOption(platformSetting())
    .option('--no-unpack', 'do not unpack: compare numbers of downloads only')
    .option('--out <dir>', 'write bench.json, a heat map and timelines of the best and the worst run there')
  addJsonFlag(command, 'print the report as one JSON object')
  addNetworkFlags(addLimitFlag(command))
  command
    .addHelpText('after', examples)
    .action((image: string) => runBench(image, command.opts<BenchFlags>(), terminal))
}

function parseRuns(text: string): number {
  if (!/^[1-9]\d{0,1}$|^100$/.test(text)) throw valueError(benchTable.runs.codec.name)
  return Number(text)
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

function parseTime(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  const milliseconds = Number(count) * (units[unit] ?? NaN)
  if (!benchTable.budget.codec.is(milliseconds))
    throw valueError('a number with a unit, such as 90s, 5m or 1h')
  return milliseconds
}

const listOption = (flags: string, help: string): Option =>
  new Option(flags, help).argParser((text: string) => {
    const list = text.split(',').map((each) => (/^\s*\d{1,4}\s*$/.test(each) ? Number(each) : NaN))
    if (!benchTable.downloads.codec.is(list))
      throw valueError('numbers from 1 to 1000, with commas between them')
    return list
  })

function runBench(image: string, flags: BenchFlags, terminal: Console): Promise<void> {
  return interruptible(terminal, async (signal) => {
    const { bench, benchText } = await import('../../puller/bench/index.js')
    const { downloads, unpacks, runs, budget, under, platform, unpack, out, json = false } = flags
    const progress = terminal.stderr.isTTY === true && !json
    const report = await bench(image, {
      ...{ runs, budget, unpack, signal },
      open: {
        ...(await openOptions(flags, terminal, [image], signal)),
        ...verboseOptions(flags, terminal.messages),
      },
      ...(downloads && { downloads }),
      ...(unpacks && { unpacks }),
      ...(under !== undefined && { under }),
      ...(platform !== undefined && { platform }),
      onRun: (done, planned) => progress && terminal.stderr.write(`\rrun ${done} of ${planned} `),
    })
    if (progress) terminal.stderr.write('\r\u001B[K')
    if (out !== undefined) await writeReport(report, out)
    if (json) {
      await terminal.output.json(report)
      return
    }
    const { summary, head, rows, conclusion } = benchText(report)
    await terminal.output.write(`${summary}\n\n${table(head, rows)}\n${conclusion.join('\n')}\n`)
  })
}

async function writeReport(report: BenchReport, directory: string): Promise<void> {
  const { drawBench } = await import('../../puller/bench/draw.js')
  await mkdir(directory, { recursive: true })
  const files = { 'bench.json': `${JSON.stringify(report, null, 2)}\n`, ...drawBench(report) }
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(directory, name), content)
}
