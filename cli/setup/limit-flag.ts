/** Provides `--limit name=value`, which changes the limits of a pull. The option can be repeated. */
import { type Command, InvalidArgumentError } from 'commander'
import { type LimitName, type Limits, limitNames } from '../../lib/limits.js'
import { parseBytes } from '../../lib/quantities.js'
import { setting } from './flags.js'
import { inGroup } from './option-groups.js'

/** Value of `--limit`. */
export interface LimitFlag {
  readonly limit?: Partial<Limits>
}

/** Adds `--limit` to a command. */
export const addLimitFlag = (command: Command): Command =>
  inGroup(command, 'limits', (group) =>
    group.addOption(
      setting(
        '--limit <name=value>',
        `set a limit, such as layerBytes=20G, or lift it with none; repeatable: ${limitNames.join(', ')}`,
      ).argParser(parseLimits),
    ),
  )

const isLimit = (text: string): text is LimitName => limitNames.some((name) => name === text)

/**
 * Parses one or more limits, separated by commas, and adds them to `before`. Units K, M, G and T are binary.
 * @throws InvalidArgumentError when a name or a value is not valid
 */
export function parseLimits(text: string, before: Partial<Limits> = {}): Partial<Limits> {
  return text.split(',').reduce<Partial<Limits>>((limits, each) => {
    const [, name = each, value = ''] = /^([^=]*)=(.*)$/s.exec(each) ?? []
    if (!isLimit(name)) throw new InvalidArgumentError(`The limits are ${limitNames.join(', ')}.`)
    return { ...limits, [name]: parseAmount(name, value) }
  }, before)
}

function parseAmount(name: LimitName, text: string): number {
  if (text === 'none') return Infinity
  const value = text.includes('.') ? undefined : parseBytes(text)
  if (value !== undefined) return value
  throw new InvalidArgumentError(`${name} must be a whole number, such as 500, 64M or 20G, or none.`)
}
