/** Reads lists of image names from files and from stdin. */
import { WindlassError } from '../../lib/errors.js'
import { quoted } from '../../lib/codec/printable.js'
import { formatExactBytes } from '../../lib/quantities.js'
import { readOutsideFile } from '../../lib/system/outside-file.js'
import type { Terminal } from '../terminal/terminal.js'
import { readStdin } from './read-stdin.js'

/** Maximum size of a list in bytes, enough for about 20,000 names. */
export const maxListBytes = 1024 * 1024

/**
 * Returns the names in `files`, in order. A file has one name per line. Blank lines and comments are ignored. A comment
 * starts with `#` at the start of a line or after a space. The file `-` is stdin.
 * @throws USAGE when a file cannot be read, is not a regular file or has more than 1 MiB; the reason of `signal`
 */
export async function readNames(
  files: readonly string[],
  stdin: Terminal['stdin'],
  signal?: AbortSignal,
): Promise<string[]> {
  const names: string[] = []
  for (const file of files) {
    const text = file === '-' ? await readStdin(stdin, listOnStdin, signal) : readList(file)
    names.push(...namesIn(text))
  }
  return names
}

const listOnStdin = {
  ...{ what: 'the list of images', maxBytes: maxListBytes },
  hint: 'Pipe it in: windlass pull -f - < FILE.',
}

/** Returns the names in a list. A byte order mark at its start is white space. */
export const namesIn = (text: string): string[] =>
  text
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((name) => name !== '')

function readList(file: string): string {
  try {
    return readOutsideFile(file, { maxBytes: maxListBytes, followLink: true }).toString('utf8')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new WindlassError('USAGE', `Failed to read the list of images in ${quoted(file)} (-f): ${reason}`, {
      ...{ cause, path: file },
      hint: `Name a text file with one image a line, of at most ${formatExactBytes(maxListBytes)}.`,
    })
  }
}
