/** Options of the kinds that the commands use, each with its `WINDLASS_` variable. */
import { type Command, InvalidArgumentError, Option } from 'commander'

const variable = (flags: string): string => {
  const name = /--([a-z-]+)/.exec(flags)?.[1] ?? ''
  return `WINDLASS_${name.replace(/^no-/, '').replaceAll('-', '_').toUpperCase()}`
}

/** An option that can also be set by the variable of its name: `--max-downloads` by `WINDLASS_MAX_DOWNLOADS`. */
export const setting = (flags: string, description: string): Option =>
  new Option(flags, description).env(variable(flags))

/** The same, a whole number of at least `least`. */
export const numberSetting = (flags: string, description: string, least = 1): Option =>
  setting(flags, description).argParser((text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`)
  })

const meansNo = /^(|0|false|no|off)$/i

/** A flag's variable may say no as well: Commander takes any value of it for yes. */
export function dropFalseFlags(command: Command, env: Readonly<NodeJS.ProcessEnv>): void {
  for (const option of command.options) {
    const key = option.attributeName()
    const value = option.envVar === undefined ? undefined : env[option.envVar]
    if (!option.isBoolean() || command.getOptionValueSource(key) !== 'env' || !meansNo.test(value ?? ''))
      continue
    command.setOptionValueWithSource(key, option.negate ? true : undefined, 'default')
  }
}
