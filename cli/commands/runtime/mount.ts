/** `windlass mount`: mounts an image, mounts it for one command, or lists the mounts. */
import { type Command, Option } from 'commander'
import { maxImageNameLength, printable } from '../../../lib/codec/printable.js'
import { WindlassError } from '../../../lib/errors.js'
import type { MountedImage, MountOptions, Windlass } from '../../../puller/index.js'
import { mountMethods, mountTable } from '../../../puller/runtime/runtime-options.js'
import { table } from '../../render/table.js'
import { platformSetting, textOption } from '../../setup/flags.js'
import { addLimitFlag } from '../../setup/limit-flag.js'
import { addPolicyFlags } from '../../setup/policy-flags.js'
import { addProgressFlags, follow, type ProgressFlags } from '../../setup/progress-flags.js'
import { withWindlass } from '../../setup/session.js'
import {
  addJsonFlag,
  addNetworkFlags,
  addStoreFlags,
  addTransferFlags,
  type Settings,
} from '../../setup/settings.js'
import { ReportedFailure } from '../../terminal/failure.js'
import type { Console } from '../../terminal/terminal.js'
import { isOrdinaryUser, runCommand, runInNamespace } from './run-command.js'

interface MountFlags extends Settings, ProgressFlags {
  readonly platform?: string
  readonly rw?: boolean
  readonly changes?: string
  readonly method?: NonNullable<MountOptions['method']>
  readonly json?: boolean
}

const examples = `
Examples:
  windlass mount alpine:3.20 ./alpine                        read-only
  windlass mount --rw --changes ./kept alpine:3.20 ./a       writable
  windlass mount alpine:3.20 ./alpine -- ls ./alpine         while ls runs
  windlass mount                                             list the mounts

Mounts the unpacked layers of the store with overlayfs. Where that is not
possible, makes a tree of files that share their content with the store, of hard
links (read-only), or of copies, and says so. Prints the directory.`

/** Defines the arguments, options and action of `windlass mount`. */
export function defineMount(command: Command, terminal: Console): void {
  const { changes, method, writable } = mountTable
  command
    .argument('[image]', 'image name as for Docker, or oci:DIR[:NAME|:@N]')
    .argument('[directory]', 'directory to mount at; empty or missing')
    .argument('[command...]', 'after --: a command to run while the image is mounted')
    .addOption(platformSetting())
    .addOption(new Option('--rw', writable.help))
    .addOption(textOption('--changes <dir>', changes))
    .addOption(new Option('--method <method>', method.help).choices(mountMethods))
  addJsonFlag(command, 'print the result as JSON')
  for (const add of [
    addProgressFlags,
    addStoreFlags,
    addTransferFlags,
    addPolicyFlags,
    addLimitFlag,
    addNetworkFlags,
  ])
    add(command)
  command
    .addHelpText('after', examples)
    .action((image: string | undefined, directory: string | undefined, args: readonly string[]) => {
      const flags = command.opts<MountFlags>()
      if (image === undefined) return list(flags, terminal)
      if (directory === undefined)
        throw new WindlassError('USAGE', 'The directory to mount at is missing', {
          hint: 'Run “windlass mount IMAGE DIR”, or “windlass mount” to list the mounts.',
        })
      if (args.length > 0 && isOrdinaryUser()) return inNamespace()
      return mount(image, directory, args, flags, terminal)
    })
}

async function inNamespace(): Promise<void> {
  const code = await runInNamespace()
  if (code !== 0) throw new ReportedFailure(code)
}

function mount(
  name: string,
  directory: string,
  args: readonly string[],
  flags: MountFlags,
  terminal: Console,
): Promise<void> {
  return withWindlass(flags, terminal, [name], async (windlass, signal) => {
    const { platform, rw, changes, method, json } = flags
    const mounted = await followMount(windlass, name, directory, flags, terminal, {
      signal,
      ...(platform !== undefined && { platform }),
      ...(rw && { writable: true }),
      ...(changes !== undefined && { changes }),
      ...(method !== undefined && { method }),
    })
    if (args.length === 0) {
      if (json) await terminal.output.json(mounted)
      else await terminal.output.line(printable(mounted.directory, 4_096))
      return
    }
    let code: number
    try {
      code = await runCommand(args, signal)
    } finally {
      await mounted.unmount()
    }
    if (code !== 0) throw new ReportedFailure(code)
  })
}

async function followMount(
  windlass: Windlass,
  name: string,
  directory: string,
  flags: MountFlags,
  terminal: Console,
  options: MountOptions,
): Promise<MountedImage> {
  let shown: Promise<unknown> = Promise.resolve()
  const mounting = windlass.mount(name, directory, {
    ...options,
    onPull: (pull) => {
      shown = follow(pull, flags, terminal).catch(() => undefined)
    },
  })
  try {
    return await mounting
  } finally {
    await shown
  }
}

function list({ json, ...flags }: MountFlags, terminal: Console): Promise<void> {
  return withWindlass(flags, terminal, [], async (windlass) => {
    const mounts = await windlass.mounts()
    if (json) {
      await terminal.output.json(mounts)
      return
    }
    const rows = mounts.map(({ directory, image, method, writable, state }) => [
      printable(directory, 4_096),
      printable(image, maxImageNameLength),
      method,
      writable ? 'rw' : 'ro',
      state,
    ])
    await terminal.output.write(table(['DIRECTORY', 'IMAGE', 'METHOD', 'ACCESS', 'STATE'], rows))
  })
}
