/** Creates the options of the command line and their `WINDLASS_` environment variables from the option tables. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { parsePlatform } from '../../lib/image/platform/platform.js'
import { quoted } from '../../lib/codec/printable.js'
import { parseBytes, parseDuration } from '../../lib/quantities.js'
import { maxSeconds } from '../../puller/options/option-codecs.js'
import { type OptionEntry, pullTable } from '../../puller/options/option-table.js'

const variableName = (flags: string): string => {
  const name = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? ''
  return `WINDLASS_${name.replaceAll('-', '_').toUpperCase()}`
}

/**
 * Creates an option that an environment variable can also set: `WINDLASS_MAX_DOWNLOADS` for `--max-downloads`. An empty
 * variable counts as not set.
 */
export const setting = (flags: string, description: string): Option =>
  withVariable(new Option(flags, description), variableName(flags))

const withVariable = (option: Option, name: string): Option =>
  process.env[name] === '' ? option : option.env(name)

/** Creates a flag without a value. */
export const flagSetting = (flags: string, { help = '' }: OptionEntry<boolean>): Option =>
  setting(flags, help)

/** Creates an option that takes a text. */
export const textSetting = (flags: string, entry: OptionEntry<string>): Option =>
  withVariable(textOption(flags, entry), variableName(flags))

/** Creates an option that takes a text and has no environment variable. */
export const textOption = (flags: string, { codec, help = '' }: OptionEntry<string>): Option =>
  new Option(flags, help).argParser((text) => {
    if (codec.is(text)) return text
    throw valueError(codec.name)
  })

/**
 * Creates an option that takes a whole number.
 * @param shownDefault the default as the help shows it
 */
export const numberSetting = (
  flags: string,
  { codec, help = '', default: defaultValue }: OptionEntry<number>,
  shownDefault = defaultValue === undefined ? undefined : String(defaultValue),
): Option =>
  setting(flags, withDefault(help, shownDefault)).argParser((text) => {
    const value = parseWholeNumber(text)
    if (codec.is(value)) return value
    throw valueError(codec.name)
  })

/** Creates an option that takes a whole number, or `word`. */
export const numberOrWordSetting = <Word extends string>(
  flags: string,
  word: Word,
  { codec, help = '', default: defaultValue }: OptionEntry<number | Word>,
): Option =>
  setting(flags, withDefault(help, String(defaultValue))).argParser((text) => {
    const value = text === word ? word : parseWholeNumber(text)
    if (codec.is(value)) return value
    throw valueError(codec.name)
  })

/** Creates an option that takes whole seconds and passes milliseconds to the library. */
export const secondsSetting = (
  flags: string,
  { codec, help = '', default: defaultValue = 0 }: OptionEntry<number>,
): Option =>
  setting(flags, withDefault(help, String(defaultValue / 1_000))).argParser((text) => {
    const value = parseWholeNumber(text) * 1_000
    if (codec.is(value)) return value
    throw valueError(`a whole number from 1 to ${maxSeconds}`)
  })

/** Creates an option that takes a size, such as 20G, and has no environment variable. Passes bytes to the library. */
export const sizeOption = (flags: string, { codec, help = '' }: OptionEntry<number>): Option =>
  new Option(flags, help).argParser((text) => {
    const value = parseBytes(text)
    if (codec.is(value)) return value
    throw valueError('a size, such as 500M or 20G')
  })

/** Creates an option that takes a duration, such as 7d, and has no environment variable. Passes milliseconds to the library. */
export const durationOption = (flags: string, { codec, help = '' }: OptionEntry<number>): Option =>
  new Option(flags, help).argParser((text) => {
    const value = parseDuration(text)
    if (codec.is(value)) return value
    throw valueError('a duration, such as 90s, 1h30m or 7d')
  })

const parseWholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : NaN)

const withDefault = (help: string, defaultValue: string | undefined): string =>
  defaultValue === undefined ? help : `${help} (default: ${defaultValue})`

/** Creates `--platform`. Its value is checked while the command line is parsed. */
export const platformSetting = (): Option =>
  setting('--platform <os/arch[/variant]>', pullTable.platform.help ?? '').argParser((text) => {
    try {
      parsePlatform(text)
      return text
    } catch (error) {
      throw new InvalidArgumentError(asWindlassError(error).message)
    }
  })

/**
 * Creates an option that can be repeated. A value may contain several items separated by commas, as in the variable.
 */
export const listSetting = (flags: string, { codec, help = '' }: OptionEntry<readonly string[]>): Option =>
  setting(flags, `${help}; repeatable`).argParser((text: string, before: readonly string[] | undefined) => {
    const items = text.split(',')
    if (!codec.is(items)) throw valueError(codec.name)
    return [...(before ?? []), ...items]
  })

/** Returns the error for a value that must be `what`. */
export const valueError = (what: string): InvalidArgumentError =>
  new InvalidArgumentError(`It must be ${what}.`)

const truePattern = /^(1|true|yes|on)$/i
const falsePattern = /^(|0|false|no|off)$/i

/**
 * Resets flags whose variable has a false value (`0`, `false`, `no`, `off` or empty). Commander sets a flag for any
 * value of its variable.
 * @throws USAGE when the value of a variable is neither true nor false
 */
export function ignoreFalseFlags(command: Command, env: Readonly<NodeJS.ProcessEnv>): void {
  for (const option of command.options) {
    const key = option.attributeName()
    if (option.envVar === undefined || !option.isBoolean() || command.getOptionValueSource(key) !== 'env')
      continue
    const value = env[option.envVar] ?? ''
    if (truePattern.test(value)) continue
    if (!falsePattern.test(value))
      throw new WindlassError(
        'USAGE',
        `The variable ${option.envVar} must be 1, true, yes or on, or 0, false, no, off or empty, not ${quoted(value)}`,
      )
    command.setOptionValueWithSource(key, undefined, 'default')
  }
}
