/** Options of the command line and their variables. */
import { Command, type Option } from 'commander'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  durationOption,
  flagSetting,
  ignoreFalseFlags,
  listSetting,
  numberOrWordSetting,
  numberSetting,
  platformSetting,
  secondsSetting,
  setting,
  sizeOption,
  textOption,
  textSetting,
} from '../../../cli/setup/flags.js'
import { codec, text, trueOrFalse, wholeNumberWithin } from '../../../puller/options/option-codecs.js'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** Parses arguments with one option. Returns its value, or the message of the error. */
function parsed(make: () => Option, args: readonly string[], env: Record<string, string> = {}): unknown {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  const option = make()
  command.addOption(option).action(() => {
    ignoreFalseFlags(command, env)
  })
  try {
    command.parse([...args], { from: 'user' })
    return command.opts()[option.attributeName()]
  } catch (error) {
    return (error as Error).message
  }
}

const oneToNine = { codec: wholeNumberWithin(1, 9), help: 'a number' }

describe('an option', () => {
  it('can be set by a variable of its name, which the command line overrides', () => {
    const make = () => textSetting('--hosts-dir <dir>', { codec: text })
    expect(parsed(make, [])).toBeUndefined()
    expect(parsed(make, [], { WINDLASS_HOSTS_DIR: 'a' })).toBe('a')
    expect(parsed(make, ['--hosts-dir', 'b'], { WINDLASS_HOSTS_DIR: 'a' })).toBe('b')
    expect(parsed(make, [], { WINDLASS_HOSTS_DIR: '' })).toBeUndefined()
    expect(parsed(() => setting('--x <y>', ''), [], { WINDLASS_X: '' })).toBeUndefined()
  })

  it('has no variable where that is said', () => {
    const make = () => textOption('--user <user>', { codec: text })
    expect(parsed(make, [], { WINDLASS_USER: 'a' })).toBeUndefined()
    expect(parsed(make, ['--user', 'a'])).toBe('a')
  })

  it.each<[string, () => Option, string, unknown]>([
    ['a text', () => textSetting('--x <y>', { codec: text }), '', /must be/],
    ['a number', () => numberSetting('--x <y>', oneToNine), '9', 9],
    ['a number', () => numberSetting('--x <y>', oneToNine), '10', /must be a whole number from 1 to 9/],
    ['a number', () => numberSetting('--x <y>', oneToNine), '0x5', /must be/],
    ['a number', () => numberSetting('--x <y>', oneToNine), '5.0', /must be/],
    ['a number', () => numberSetting('--x <y>', oneToNine), '', /must be/],
    ['seconds', () => secondsSetting('--x <y>', { codec: wholeNumberWithin(1, 9_000) }), '5', 5_000],
    ['seconds', () => secondsSetting('--x <y>', { codec: wholeNumberWithin(1, 9_000) }), '10', /from 1 to/],
    ['seconds', () => secondsSetting('--x <y>', { codec: wholeNumberWithin(1, 9_000) }), '0', /from 1 to/],
    ['a size', () => sizeOption('--x <y>', { codec: wholeNumberWithin(0, 4_096) }), '2K', 2_048],
    ['a size', () => sizeOption('--x <y>', { codec: wholeNumberWithin(0, 4_096) }), '5K', /a size/],
    ['a size', () => sizeOption('--x <y>', { codec: wholeNumberWithin(0, 4_096) }), 'much', /a size/],
    ['a duration', () => durationOption('--x <y>', { codec: wholeNumberWithin(1, 90_000) }), '1m30s', 90_000],
    [
      'a duration',
      () => durationOption('--x <y>', { codec: wholeNumberWithin(1, 90_000) }),
      '2m',
      /duration/,
    ],
    ['a duration', () => durationOption('--x <y>', { codec: wholeNumberWithin(1, 90_000) }), 'x', /duration/],
  ])('of %s takes only what it can mean', (_, make, value, expected) => {
    const result = parsed(make, ['--x', value])
    if (expected instanceof RegExp) expect(result).toMatch(expected)
    else expect(result).toBe(expected)
    // A variable is not checked less than the command line.
    if (value !== '' && expected instanceof RegExp && make().envVar !== undefined)
      expect(parsed(make, [], { WINDLASS_X: value })).toMatch(expected)
  })

  it('may be a number or a word', () => {
    const auto = codec('auto or 1', (value): value is number | 'auto' => value === 'auto' || value === 1)
    const make = () => numberOrWordSetting('--x <n|auto>', 'auto', { codec: auto })
    expect(['auto', '1', '2', 'AUTO'].map((value) => parsed(make, ['--x', value]))).toEqual([
      ...['auto', 1],
      ...[expect.stringContaining('auto or 1') as string, expect.stringContaining('auto or 1') as string],
    ])
  })

  it('for a platform takes only a platform, as it was typed', () => {
    expect(parsed(platformSetting, ['--platform', 'linux/arm64/v8'])).toBe('linux/arm64/v8')
    expect(parsed(platformSetting, ['--platform', 'not a platform'])).toMatch(/is invalid/)
    expect(parsed(platformSetting, [], { WINDLASS_PLATFORM: '/' })).toMatch(/is invalid/)
  })

  it('with several values adds them up, and checks each', () => {
    const letters = codec('letters', (all): all is readonly string[] =>
      (all as string[]).every((each) => /^[a-z]$/.test(each)),
    )
    const make = () => listSetting('--x <y>', { codec: letters })
    expect(parsed(make, ['--x', 'a,b', '--x', 'c'])).toEqual(['a', 'b', 'c'])
    expect(parsed(make, [], { WINDLASS_X: 'a,b' })).toEqual(['a', 'b'])
    expect(parsed(make, ['--x', 'a,,b'])).toMatch(/must be letters/)
    expect(parsed(make, ['--x', 'a', '--x', 'BC'])).toMatch(/must be letters/)
  })
})

describe('a flag', () => {
  const flag = () => flagSetting('--x', { codec: trueOrFalse })

  it.each(['1', 'true', 'YES', 'On'])('is set by the value %j of its variable', (value) => {
    expect(parsed(flag, [], { WINDLASS_X: value })).toBe(true)
  })

  it.each(['0', 'false', 'No', 'OFF'])('is not set by the value %j of its variable', (value) => {
    expect(parsed(flag, [], { WINDLASS_X: value })).toBeUndefined()
    // The command line overrides the variable.
    expect(parsed(flag, ['--x'], { WINDLASS_X: value })).toBe(true)
  })

  it('is refused for another value of its variable', () => {
    expect(parsed(flag, [], { WINDLASS_X: 'maybe' })).toBe(
      'The variable WINDLASS_X must be 1, true, yes or on, or 0, false, no, off or empty, not "maybe"',
    )
  })
})
