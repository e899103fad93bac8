/** Options of the command line, each with its `WINDLASS_` variable, made of the entries in the table of options. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { WindlassError, asWindlassError } from '../../lib/errors.js'
import { parsePlatform } from '../../lib/image/platform/platform.js'
import { quoted } from '../../lib/codec/printable.js'
import { maxSeconds } from '../../puller/options/option-codecs.js'
import { type OptionEntry, pullTable } from '../../puller/options/option-table.js'

const variable = (flags: string): string => {
  const name = /--([a-z0-9-]+)/.exec(flags)?.[1] ?? ''
  return `WINDLASS_${name.replace(/^no-/, '').replaceAll('-', '_').toUpperCase()}`
}

/**
 * An option that can also be set by the variable of its name: `--max-downloads` by `WINDLASS_MAX_DOWNLOADS`. A variable
 * that is empty is not set.
 */
export const setting = (flags: string, description: string): Option =>
  withVariable(new Option(flags, description), variable(flags))

const withVariable = (option: Option, name: string): Option =>
  process.env[name] === '' ? option : option.env(name)

/** A flag that is there or not. */
export const flagSetting = (flags: string, { help = '' }: OptionEntry<boolean>): Option =>
  setting(flags, help)

/** An option that takes a text. */
export const textSetting = (flags: string, entry: OptionEntry<string>): Option =>
  withVariable(textOption(flags, entry), variable(flags))

/** The same, which has no variable: it is of one call. */
export const textOption = (flags: string, { codec, help = '' }: OptionEntry<string>): Option =>
  new Option(flags, help).argParser((text) => {
    if (codec.is(text)) return text
    throw mustBe(codec.name)
  })

/** An option that takes a whole number. `shownDefault` is the default as people say it. */
export const numberSetting = (
  flags: string,
  { codec, help = '', default: standard }: OptionEntry<number>,
  shownDefault = standard === undefined ? undefined : String(standard),
): Option =>
  setting(flags, withDefault(help, shownDefault)).argParser((text) => {
    const value = wholeNumberIn(text)
    if (codec.is(value)) return value
    throw mustBe(codec.name)
  })

/** An option that takes whole seconds, and gives the library milliseconds. */
export const secondsSetting = (
  flags: string,
  { codec, help = '', default: standard = 0 }: OptionEntry<number>,
): Option =>
  setting(flags, withDefault(help, String(standard / 1_000))).argParser((text) => {
    const value = wholeNumberIn(text) * 1_000
    if (codec.is(value)) return value
    throw mustBe(`a whole number from 1 to ${maxSeconds}`)
  })

const wholeNumberIn = (text: string): number => (/^\d+$/.test(text) ? Number(text) : NaN)

const withDefault = (help: string, standard: string | undefined): string =>
  standard === undefined ? help : `${help} (default: ${standard})`

/** `--platform`, which is looked at before anything is opened. */
export const platformSetting = (): Option =>
  setting('--platform <os/arch[/variant]>', pullTable.platform.help ?? '').argParser((text) => {
    try {
      parsePlatform(text)
      return text
    } catch (error) {
      throw new InvalidArgumentError(asWindlassError(error).message)
    }
  })

/** One or more, with commas between them: so they stand in the variable. */
export const listSetting = (flags: string, { codec, help = '' }: OptionEntry<readonly string[]>): Option =>
  setting(flags, `${help}; again for another`).argParser(
    (text: string, before: readonly string[] | undefined) => {
      const items = text.split(',')
      if (!codec.is(items)) throw mustBe(codec.name)
      return [...(before ?? []), ...items]
    },
  )

export const mustBe = (what: string): InvalidArgumentError => new InvalidArgumentError(`It must be ${what}.`)

const meansYes = /^(1|true|yes|on)$/i
const meansNo = /^(|0|false|no|off)$/i

/**
 * A flag's variable may say no as well: Commander takes any value of it for yes.
 * @throws WindlassError USAGE for a variable that says neither
 */
export function dropFalseFlags(command: Command, env: Readonly<NodeJS.ProcessEnv>): void {
  for (const option of command.options) {
    const key = option.attributeName()
    if (option.envVar === undefined || !option.isBoolean() || command.getOptionValueSource(key) !== 'env')
      continue
    const value = env[option.envVar] ?? ''
    if (meansYes.test(value)) continue
    if (!meansNo.test(value))
      throw new WindlassError(
        'USAGE',
        `The variable ${option.envVar} must be 1, true, yes or on, or 0, false, no, off or empty, not ${quoted(value)}`,
      )
    command.setOptionValueWithSource(key, option.negate ? true : undefined, 'default')
  }
}
