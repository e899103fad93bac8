/** The options that more than one command has, and what they mean to the library. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { WindlassError } from '../lib/errors.js'
import { parseImageName } from '../lib/image/index.js'
import type { OpenOptions, RegistryCredentials } from '../pipelines/index.js'
import { numberSetting, setting } from './flags.js'
import type { LimitFlag } from './limit-flag.js'
import type { Terminal } from './terminal.js'

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
  command.addOption(setting('--store <dir>', 'where images are kept (default: $XDG_DATA_HOME/windlass)'))

export const networkFlags = (command: Command): Command =>
  command
    .addOption(setting('--plain-http', 'speak HTTP to registries that are not on this machine, too'))
    .addOption(setting('--tls-skip-verify', 'do not verify certificates'))
    .addOption(setting('--ca <file>', 'trust the certificates in this PEM file, too'))
    .addOption(
      numberSetting(
        '--response-timeout <seconds>',
        'wait for the first byte of an answer, 2.5 times as long at the next attempt (default: 60)',
      ),
    )
    .addOption(numberSetting('--stall-timeout <seconds>', 'give a silent connection up after (default: 60)'))
    .addOption(
      numberSetting('--minimum-rate <bytes>', 'a second; a connection below it has stalled (default: 20)', 0),
    )
    .addOption(setting('--username <name>', 'log in as; the password comes from --password-stdin'))
    .option('--password-stdin', 'read the password from stdin (env: WINDLASS_PASSWORD holds one)')
    .addOption(setting('--authfile <file>', "credentials by registry, as Docker's config.json holds them"))
    .addOption(
      setting('--require-schema1-signatures', 'refuse schema 1 images whose signatures cannot be verified'),
    )
    .addOption(
      listSetting(
        '--trust-realm <origin>',
        'let this token server have the credentials, too; again for another',
      ),
    )
    .addOption(
      listSetting(
        '--foreign-host <host>',
        'ask it for foreign layers, even in a private network; again for another',
      ),
    )

/** One or more, with commas between them: so they stand in the variable. */
const listSetting = (flags: string, description: string) =>
  setting(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...text.split(','),
  ])

export const transferFlags = (command: Command): Command =>
  command
    .addOption(numberSetting('--max-downloads <n>', 'layers downloaded at once (default: 3)'))
    .addOption(numberSetting('--max-unpacks <n>', 'layers unpacked at once (default: one a processor)'))
    .addOption(numberSetting('--retries <n>', 'attempts at each download (default: 5)'))
    .addOption(partialsSetting())

export const partialsFlag = (command: Command): Command => command.addOption(partialsSetting())

const partialsSetting = () =>
  numberSetting(
    '--keep-partials <bytes>',
    'of interrupted downloads, keep so much, the youngest first (default: 1 GiB)',
    0,
  )

export const jsonFlag = (command: Command, description: string): Command =>
  command.addOption(setting('--json', description))

/**
 * What `flags` mean to the library; reads the password and the certificates.
 * @throws WindlassError USAGE when they contradict each other or a file cannot be read.
 */
export async function openOptions(
  flags: Settings,
  terminal: Terminal,
  names: readonly string[] = [],
): Promise<OpenOptions> {
  const { store, authfile, maxDownloads, maxUnpacks, retries, stallTimeout, keepPartials } = flags
  const { minimumRate, trustRealm, foreignHost, responseTimeout } = flags
  const given = await readCredentials(flags, terminal)
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
    ...(stallTimeout !== undefined && { stallTimeout: stallTimeout * 1_000 }),
    ...(responseTimeout !== undefined && { responseTimeout: responseTimeout * 1_000 }),
    ...(keepPartials !== undefined && { keepPartials }),
    ...(minimumRate !== undefined && { minimumRate }),
    ...(trustRealm !== undefined && { trustedRealms: trustRealm }),
    ...(foreignHost !== undefined && { foreignHosts: foreignHost }),
    ...(flags.limit && { limits: flags.limit }),
  }
}

async function readCredentials(
  { username, passwordStdin }: NetworkFlags,
  { stdin, env }: Terminal,
): Promise<RegistryCredentials | undefined> {
  if (username === undefined && !passwordStdin) return undefined
  if (username === undefined)
    throw new WindlassError('USAGE', 'Logging in: --password-stdin needs --username', {
      hint: 'Say who logs in with --username NAME.',
    })
  if (passwordStdin) return { username, password: await readPassword(stdin) }
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

async function readPassword(stdin: Terminal['stdin']): Promise<string> {
  if (stdin.isTTY)
    throw new WindlassError('USAGE', 'Reading the password: stdin is a terminal, which would show it', {
      hint: 'Pipe it in: windlass … --password-stdin < FILE',
    })
  const parts: Buffer[] = []
  for await (const part of stdin) parts.push(Buffer.from(part as Uint8Array | string))
  const password = Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  if (password === '') throw new WindlassError('USAGE', 'Reading the password: there is none on stdin')
  return password
}

async function readCertificates(file: string): Promise<string> {
  const { holdsCertificate } = await import('../pipelines/index.js')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Reading the certificates of --ca: ${reason}`, { cause, path: file })
  })
  if (holdsCertificate(text)) return text
  throw new WindlassError('USAGE', `Reading the certificates of --ca: ${file} holds none`, {
    path: file,
    hint: 'It takes PEM: -----BEGIN CERTIFICATE----- and so on. openssl x509 -inform der makes it of DER.',
  })
}
