/** Compares the clock of this machine with that of a registry. */
import { formatDuration } from '../../lib/quantities.js'
import { type Finding, findingsOf } from '../finding.js'

const finding = findingsOf('clock')

/** Differences in milliseconds. Tokens are valid for at least 60 seconds; certificates and signatures suffer later. */
const limits = { note: 30_000, problem: 300_000 }

/** Compares two times in milliseconds since 1970. The header `Date` has whole seconds. */
export function compareClocks(here: number, there: number, host: string): Finding {
  const difference = Math.abs(here - there)
  if (difference <= limits.note) return finding('ok', `The clock agrees with that of ${host}.`)
  const direction = here > there ? 'ahead of' : 'behind'
  const rounded = Math.round(difference / 1_000) * 1_000
  return finding(
    difference > limits.problem ? 'problem' : 'note',
    `The clock is ${formatDuration(rounded)} ${direction} that of ${host}.`,
    'Set it, for example with “timedatectl set-ntp true”: tokens and certificates are refused otherwise.',
  )
}
