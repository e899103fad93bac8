/** `windlass serve`: runs a server over the store until it is interrupted. */
import { dirname } from 'node:path'
import type { Command } from 'commander'
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import { makePrivateDirectory } from '../private-directory.js'
import { interruptible } from '../terminal/interrupt.js'
import { addPolicyFlags } from '../setup/policy-flags.js'
import {
  addNetworkFlags,
  addStoreFlags,
  addTransferFlags,
  openOptions,
  type Settings,
} from '../setup/settings.js'
import { hasTelemetry, instrumentIfWanted } from '../setup/telemetry.js'
import { verboseOptions } from '../setup/verbose.js'
import { valueError } from '../setup/flags.js'
import type { Console } from '../terminal/terminal.js'
import { version } from '../version.js'

interface ServeFlags extends Settings {
  readonly listen?: readonly string[]
  readonly tokenFile?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly registry?: boolean
  readonly maxUploads?: number
}

/** Port of the page, if it is free. */
const pagePort = 5180

const examples = `
Examples:
  windlass serve        a socket for commands, a page on http://127.0.0.1:${pagePort}
  windlass serve --listen 127.0.0.1:8080    the page and the API, there only
  windlass serve --listen unix:/run/windlass.sock
  windlass serve --registry      docker, podman and containerd can pull from it

The server ends on Ctrl-C or SIGTERM. Pulls that run then are cancelled; what
they received is kept, and the next server lists them, so that they can be
resumed. With socket activation by systemd, no --listen is needed.`

/** Defines the options and the action of `windlass serve`. */
export function defineServe(command: Command, terminal: Console): void {
  command
    .option(
      '--listen <address>',
      'listen on unix:PATH or HOST:PORT; may be repeated',
      (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
    )
    .option('--token-file <file>', 'read the token for TCP from this file (default: a new one)')
    .option('--tls-cert <file>', 'certificate for TCP, in PEM format')
    .option('--tls-key <file>', 'key of the certificate, in PEM format')
    .option(
      '--registry',
      'let other programs pull the images of the store from /v2/; on loopback without a token',
    )
    .option(
      '--max-uploads <n>',
      'with --registry: blobs that are sent at the same time (default: 16)',
      uploads,
    )
  for (const add of [addStoreFlags, addPolicyFlags, addNetworkFlags, addTransferFlags]) add(command)
  command
    .addHelpText('after', examples)
    .action(() => serveUntilInterrupted(command.opts<ServeFlags>(), terminal))
}

/** What an interrupt does. */
const notice = 'ending: pulls that run are cancelled and can be resumed'

function serveUntilInterrupted(flags: ServeFlags, terminal: Console): Promise<void> {
  const run = async (signal: AbortSignal): Promise<void> => {
    const { serve } = await import('../../server/index.js')
    const { listen, tokenFile, tlsCert, tlsKey, registry, maxUploads, ...settings } = flags
    const onWarning = (message: string, code?: string): void =>
      terminal.messages.warning(code ?? 'serve', message)
    const token = tokenFile === undefined ? undefined : readText(tokenFile, '--token-file').trim()
    if (token === '')
      throw new WindlassError('USAGE', `The file ${quoted(tokenFile!)} (--token-file) is empty`)
    if ((tlsCert === undefined) !== (tlsKey === undefined))
      throw new WindlassError('USAGE', 'The options --tls-cert and --tls-key belong together')
    const server = await serve({
      listen: await addressesOf(listen, terminal.env),
      open: {
        ...(await openOptions(settings, terminal, [], signal)),
        ...{ onWarning, requestEvents: hasTelemetry() },
        ...verboseOptions(settings, terminal.messages),
      },
      onOpen: (windlass) => instrumentIfWanted(windlass, onWarning),
      version: version(),
      onWarning,
      ...(token !== undefined && { token }),
      ...(registry === true && { registry: { maxUploads } }),
      ...(tlsCert !== undefined &&
        tlsKey !== undefined && {
          tls: { cert: readText(tlsCert, '--tls-cert'), key: readText(tlsKey, '--tls-key') },
        }),
    })
    for (const address of server.addresses)
      await terminal.output.line(
        /^https?:/.test(address)
          ? `Listening on ${address}/${tokenFile === undefined ? `#token=${server.token}` : ''}`
          : `Listening on ${address}`,
      )
    await aborted(signal)
    await server.close()
  }
  return interruptible(terminal, run, notice)
}

function uploads(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw valueError('a whole number from 1 to 9999')
  return Number(text)
}

/** Returns the addresses of the flags, of systemd, or the default ones: a socket of the user, and loopback. */
async function addressesOf(given: readonly string[] | undefined, env: NodeJS.ProcessEnv) {
  const { defaultSocket, inheritedSocket, isPortFree, parseAddress } = await import('../../server/index.js')
  if (given) return given.map(parseAddress)
  const fd = inheritedSocket(env, process.pid)
  if (fd !== undefined) return [{ kind: 'inherited' as const, fd }]
  const port = (await isPortFree(pagePort)) ? pagePort : 0
  return [
    { kind: 'unix' as const, path: privateSocket(defaultSocket(env, process.getuid?.() ?? 0)) },
    { kind: 'tcp' as const, host: '127.0.0.1', port },
  ]
}

/** Makes the directory of the default socket. @throws USAGE when another user could replace the socket */
function privateSocket(socket: string): string {
  if (makePrivateDirectory(dirname(socket))) return socket
  throw new WindlassError(
    'USAGE',
    `Other users can write to ${dirname(socket)}, the directory of the socket`,
    {
      path: dirname(socket),
      hint: 'Set XDG_RUNTIME_DIR to a directory of your own, or use --listen.',
    },
  )
}

function readText(file: string, option: string): string {
  try {
    return readOutsideFile(file, { maxBytes: 1024 * 1024, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read ${quoted(file)} (${option}): ${reason}`, {
      cause,
      path: file,
    })
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
