/** What is said about the choice between several images that a name may mean. */
import { quoted } from '../../lib/codec/index.js'
import { WindlassError } from '../../lib/errors.js'
import { isAbsence } from '../../lib/image/index.js'
import type { Located } from './located.js'

/** Code of the warning that says which image a name without a registry means. */
export const shortNameResolved = 'short-name-resolved'

/** Says what a name without a registry means. */
export const resolvedMessage = (typed: string, name: string, reason: string | undefined): string =>
  `${quoted(typed)} is ${name}, by ${reason ?? 'its name'}`

/**
 * Checks that the files permit to choose one of several candidates without asking the user.
 * @throws USAGE if they do not
 */
export function requireChoice(typed: string, names: readonly string[], mode: Located['mode']): void {
  if (names.length < 2 || mode !== 'enforcing') return
  throw new WindlassError(
    'USAGE',
    `${quoted(typed)} has no registry, and registries.conf forbids to try several of them (short-name-mode = "enforcing")`,
    { reference: typed, hint: `Write which image you mean: ${names.join(' or ')}.` },
  )
}

/** Returns the error for a name for which every registry failed. */
export function noneFoundError(typed: string, failures: readonly WindlassError[]): WindlassError {
  const cause = failures.find((error) => !isAbsence(error)) ?? failures[0]
  const reasons = failures.map(({ message }) => message).join('; ')
  return new WindlassError(
    cause?.code ?? 'MANIFEST_UNKNOWN',
    `No registry provides ${quoted(typed)}: ${reasons}`,
    {
      ...cause?.subject,
      ...{ reference: typed, cause, retryable: cause?.retryable ?? false },
      hint:
        cause?.hint ??
        'registries.conf lists the registries that are searched for names without one. Write the registry to ask another one.',
    },
  )
}
