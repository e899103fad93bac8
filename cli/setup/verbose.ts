/** Provides `--verbose`, which prints a line for each HTTP request. */
import { printable } from '../../lib/codec/printable.js'
import { formatBytes } from '../../lib/quantities.js'
import type { OpenOptions } from '../../puller/index.js'
import type { Messages } from '../terminal/messages.js'

type Report = Parameters<NonNullable<OpenOptions['onRequest']>>[0]

/**
 * Returns the options of `open` for `--verbose`. In a format for programs, the requests are events, and no lines are
 * printed.
 */
export const verboseOptions = (
  { verbose = false }: { readonly verbose?: boolean },
  messages: Messages,
): Pick<OpenOptions, 'onRequest' | 'requestEvents'> =>
  verbose ? { onRequest: (report) => messages.note(requestLine(report)), requestEvents: true } : {}

/** Describes a request on one line: `GET https://registry.example/v2/app/manifests/1: 200, 1.2 kB in 30 ms`. */
export function requestLine({ method, url, role, status, error, received, duration }: Report): string {
  const outcome = [...(status === undefined ? [] : [String(status)]), ...(error === undefined ? [] : [error])]
  const place = role === 'registry' ? '' : ` (${role})`
  return printable(
    `${method} ${url}${place}: ${outcome.join(' ')}, ${formatBytes(received)} in ${duration} ms`,
    1_000,
  )
}
