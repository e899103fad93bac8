/** The options that more than one command has, and what they mean to the library. */
import { isAbsolute } from 'node:path'
import type { Command } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import { parseImageName } from '../../lib/image/reference/image-name.js'
import { printable, quoted } from '../../lib/codec/printable.js'
import type { OpenOptions, RegistryCredentials } from '../../puller/index.js'
import { openTable } from '../../puller/options/option-table.js'
import { path, text } from '../../puller/options/option-codecs.js'
import { flagSetting, listSetting, numberSetting, secondsSetting, setting, textSetting } from './flags.js'
import type { LimitFlag } from './limit-flag.js'
import { readPassword } from './read-password.js'
import type { Terminal } from '../terminal/terminal.js'

export interface StoreFlags {
  readonly store?: string
}

export interface NetworkFlags {
  readonly plainHttp?: boolean
  readonly tlsSkipVerify?: boolean
  readonly ca?: string
  readonly responseTimeout?: number
  readonly stallTimeout?: number
  readonly minimumRate?: number
  readonly username?: string
  readonly passwordStdin?: boolean
  readonly authfile?: string
  readonly requireSchema1Signatures?: boolean
  readonly trustRealm?: readonly string[]
  readonly foreignHost?: readonly string[]
}

export interface TransferFlags {
  readonly maxDownloads?: number
  readonly maxUnpacks?: number
  readonly retries?: number
}

export interface PartialsFlag {
  readonly keepPartials?: number
}

export type Settings = StoreFlags & NetworkFlags & TransferFlags & PartialsFlag & LimitFlag

export const storeFlags = (command: Command): Command =>
  command.addOption(
    textSetting('--store <dir>', {
      ...openTable.store,
      help: `${openTable.store.help} (default: $XDG_DATA_HOME/windlass)`,
    }),
  )

export const networkFlags = (command: Command): Command =>
  command
    .addOption(flagSetting('--plain-http', openTable.plainHttp))
    .addOption(flagSetting('--tls-skip-verify', openTable.insecureTls))
    .addOption(textSetting('--ca <file>', { codec: path, help: openTable.ca.help }))
    .addOption(secondsSetting('--response-timeout <seconds>', openTable.responseTimeout))
    .addOption(secondsSetting('--stall-timeout <seconds>', openTable.stallTimeout))
    .addOption(numberSetting('--minimum-rate <bytes>', openTable.minimumRate))
    .addOption(
      textSetting('--username <name>', {
        codec: text,
        help: 'log in as; the password comes from --password-stdin',
      }),
    )
    .option('--password-stdin', 'read the password from stdin (env: WINDLASS_PASSWORD holds one)')
    // The variable is read where files that logins leave are: what it names may be absent, what is typed may not.
    .option('--authfile <file>', `${openTable.authFile.help} (env: WINDLASS_AUTHFILE)`)
    .addOption(flagSetting('--require-schema1-signatures', openTable.requireSchema1Signatures))
    .addOption(listSetting('--trust-realm <origin>', openTable.trustedRealms))
    .addOption(listSetting('--foreign-host <host>', openTable.foreignHosts))

export const transferFlags = (command: Command): Command =>
  command
    .addOption(numberSetting('--max-downloads <n>', openTable.maxDownloads))
    .addOption(numberSetting('--max-unpacks <n>', openTable.maxUnpacks, 'one a processor'))
    .addOption(numberSetting('--retries <n>', openTable.retries))
    .addOption(partialsSetting())

export const partialsFlag = (command: Command): Command => command.addOption(partialsSetting())

const partialsSetting = () => numberSetting('--keep-partials <bytes>', openTable.keepPartials, '1 GiB')

export const jsonFlag = (command: Command, description: string): Command =>
  command.addOption(setting('--json', description))

/**
 * What `flags` mean to the library; reads the password and the certificates.
 * @throws WindlassError USAGE when they contradict each other or a file cannot be read; CANCELLED when `signal` aborts
 */
export async function openOptions(
  flags: Settings,
  terminal: Terminal,
  names: readonly string[] = [],
  signal?: AbortSignal,
): Promise<OpenOptions> {
  const { store, authfile, maxDownloads, maxUnpacks, retries, stallTimeout, keepPartials } = flags
  const { minimumRate, trustRealm, foreignHost, responseTimeout } = flags
  if (authfile !== undefined && !path.is(authfile))
    throw new WindlassError('USAGE', `The option --authfile must be ${path.name}, not ${quoted(authfile)}`)
  for (const file of [flags.ca, authfile]) if (file !== undefined) requireWhereItIs(file)
  const given = await readCredentials(flags, terminal, signal)
  const credentials = given && { [onlyRegistryOf(names)]: given }
  const ca = flags.ca === undefined ? undefined : await readCertificates(flags.ca)
  return {
    ...(store !== undefined && { store }),
    ...(flags.plainHttp && { plainHttp: true }),
    ...(flags.tlsSkipVerify && { insecureTls: true }),
    ...(ca !== undefined && { ca }),
    ...(credentials && { credentials }),
    ...(authfile !== undefined && { authFile: authfile }),
    ...(flags.requireSchema1Signatures && { requireSchema1Signatures: true }),
    ...(maxDownloads !== undefined && { maxDownloads }),
    ...(maxUnpacks !== undefined && { maxUnpacks }),
    ...(retries !== undefined && { retries }),
    ...(stallTimeout !== undefined && { stallTimeout }),
    ...(responseTimeout !== undefined && { responseTimeout }),
    ...(keepPartials !== undefined && { keepPartials }),
    ...(minimumRate !== undefined && { minimumRate }),
    ...(trustRealm !== undefined && { trustedRealms: trustRealm }),
    ...(foreignHost !== undefined && { foreignHosts: foreignHost }),
    ...(flags.limit && { limits: flags.limit }),
  }
}

/** @throws USAGE for a relative path where the working directory is gone: it must not be looked for elsewhere */
function requireWhereItIs(file: string): void {
  if (!isAbsolute(file)) process.cwd()
}

async function readCredentials(
  { username, passwordStdin }: NetworkFlags,
  { stdin, env }: Terminal,
  signal: AbortSignal | undefined,
): Promise<RegistryCredentials | undefined> {
  if (username === undefined && !passwordStdin) return undefined
  if (username === undefined)
    throw new WindlassError('USAGE', 'Logging in: --password-stdin needs --username', {
      hint: 'Say who logs in with --username NAME.',
    })
  if (passwordStdin) return { username, password: await readPassword(stdin, signal) }
  const password = env['WINDLASS_PASSWORD']
  if (password !== undefined) return { username, password }
  throw new WindlassError('USAGE', 'Logging in: --username needs a password', {
    hint: 'Pipe it in with --password-stdin, or set WINDLASS_PASSWORD.',
  })
}

/** Where a login given beside `names` goes: a password for one registry is never shown to another. */
function onlyRegistryOf(names: readonly string[]): string {
  const registries = new Set(
    names.map(parseImageName).flatMap((named) => (named.kind === 'registry' ? named.reference.registry : [])),
  )
  const [only, another] = registries
  if (only !== undefined && another === undefined) return only
  throw new WindlassError(
    'USAGE',
    only === undefined
      ? 'Logging in: no image of a registry is named'
      : `Logging in: the images are of different registries (${[...registries].join(', ')}), the login is for one`,
    { hint: 'Run the command once for each registry, or give --authfile.' },
  )
}

/** Bytes; the certificates of all authorities that a system trusts have 250 KB. */
const maxCertificateBytes = 16 * 1024 * 1024

function readCertificateFile(file: string): string {
  try {
    return readOutsideFile(file, { maxBytes: maxCertificateBytes, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Reading the certificates of --ca: ${printable(file)}: ${reason}`, {
      cause,
      path: file,
    })
  }
}

async function readCertificates(file: string): Promise<string> {
  const { holdsCertificate } = await import('../../pipelines/index.js')
  const text = readCertificateFile(file)
  if (holdsCertificate(text)) return text
  throw new WindlassError('USAGE', `Reading the certificates of --ca: ${file} holds none`, {
    path: file,
    hint: 'It takes PEM: -----BEGIN CERTIFICATE----- and so on. openssl x509 -inform der makes it of DER.',
  })
}
