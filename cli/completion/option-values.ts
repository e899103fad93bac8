/** Offers values for options. */
import type { Option } from 'commander'
import { limitNames } from '../../lib/limits.js'
import { pathsBelow } from './paths.js'
import { nothing, type Reply } from './reply.js'

/** Platforms of common images, as in the lists of Docker's official images. */
const platforms = [
  ...['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'linux/386', 'linux/ppc64le'],
  ...['linux/riscv64', 'linux/s390x', 'windows/amd64'],
]

/**
 * Returns what the shell is to offer for the value of `option`. What the value is follows from its choices, else from its
 * placeholder in the help: `<file>`, `<dir>`, `<os/arch[/variant]>`, `<name=value>`, `<n|auto>`.
 */
export function optionValues(option: Option, prefix: string, value: string): Reply {
  const words = (values: readonly string[], kind: Reply['kind'] = 'words'): Reply => ({
    kind,
    candidates: values.filter((each) => each.startsWith(value)).map((each) => ({ value: prefix + each })),
  })
  if (option.argChoices) return words(option.argChoices)
  const placeholder = /[<[](.*)[\]>]$/.exec(option.flags)?.[1] ?? ''
  if (placeholder === 'file' || placeholder === 'dir')
    return prefix === ''
      ? { kind: placeholder === 'file' ? 'files' : 'directories', candidates: [] }
      : pathsBelow(prefix, value, placeholder === 'dir')
  if (placeholder.startsWith('os/arch')) return words(platforms)
  if (placeholder === 'name=value')
    return words(
      limitNames.map((name) => `${name}=`),
      'nospace',
    )
  if (placeholder.endsWith('|auto')) return words(['auto'])
  return nothing
}
