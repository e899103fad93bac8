/** Reads the list of images of `windlass sync`. */
import { WindlassError } from '../../../lib/errors.js'
import { quoted } from '../../../lib/codec/printable.js'
import { type ParseSyncListOptions, type SyncList, parseSyncList } from '../../../lib/sync/index.js'
import { readOutsideFile } from '../../../lib/system/outside-file.js'
import { maxListBytes } from '../../setup/names-file.js'
import { readStdin } from '../../setup/read-stdin.js'
import type { Terminal } from '../../terminal/terminal.js'

const onStdin = {
  ...{ what: 'the list of images', maxBytes: maxListBytes },
  hint: 'Pipe it in: windlass sync - < FILE.',
}

/** Maximum size of a file that a template names, in bytes. */
const maxSecretBytes = 64 * 1024

/**
 * Reads and parses a list; `-` is stdin. Templates of regsync are replaced by variables of the environment and by files.
 * @throws USAGE when the file cannot be read or parsed; the reason of `signal`
 */
export async function readSyncList(
  file: string,
  options: Omit<ParseSyncListOptions, 'path' | 'templates'>,
  { stdin, env }: Pick<Terminal, 'stdin' | 'env'>,
  signal: AbortSignal,
): Promise<SyncList> {
  const text = file === '-' ? await readStdin(stdin, onStdin, signal) : readFile(file)
  const templates = { env: (name: string) => env[name], file: readSecret }
  return parseSyncList(text, { ...options, path: file, templates })
}

function readFile(file: string): string {
  try {
    return readOutsideFile(file, { maxBytes: maxListBytes, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read the list of images in ${quoted(file)}: ${reason}`, {
      ...{ cause, path: file, hint: 'Check the path. With “-” as the file, the list is read from stdin.' },
    })
  }
}

function readSecret(file: string): string | undefined {
  try {
    return readOutsideFile(file, { maxBytes: maxSecretBytes, followLink: true }).toString('utf8')
  } catch {
    return undefined
  }
}

/** Returns the names of all images and repositories of a list. */
export const namesOfList = ({ entries }: SyncList): readonly string[] =>
  entries.flatMap((entry) =>
    entry.kind === 'repository'
      ? [entry.source, entry.target]
      : entry.images.flatMap(({ from, to }) => [from, to]),
  )
