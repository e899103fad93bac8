/** Every option of every command, and its variable: a wrong value is wrong usage, and the error names what it was given by. */
import { Command, type Option } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { commands } from '../../cli/commands/index.js'
import { Messages } from '../../cli/terminal/messages.js'
import { TestTerminal, windlass } from '../support/cli/test-terminal.js'

const notNumbers = ['-1', '1.5', '1e3', 'x', 'Infinity', 'NaN', ' 1', '99999999999999999999999', '0x10']

/** What an option does not take, by what it takes. Of texts, anything goes. */
function wrongFor(option: Option): readonly string[] {
  if (option.isBoolean()) return ['maybe', '2', 'ja']
  if (option.argChoices) return ['loud', 'x']
  const { long } = option
  if (long === '--platform') return ['///', 'a b']
  if (long === '--limit') return ['x=1', 'layerBytes', 'layerBytes=-1', 'layerBytes=1.5']
  if (long === '--foreign-host') return ['http://a', 'a:5', 'a,b c']
  if (long === '--trust-realm') return ['auth.lan', 'ftp://auth.lan', 'http://a,']
  if (/<(n|n\|auto|seconds|bytes)>/.test(option.flags))
    return [...notNumbers, ...(takesNone(option) ? [] : ['0'])]
  return []
}

const takesNone = ({ long }: Option): boolean => long === '--minimum-rate' || long === '--keep-partials'

const texts = [
  ...['--store', '--ca', '--username', '--authfile', '--host'],
  ...['--hosts-dir', '--registries-conf', '--policy', '--verify-key', '--trust-root'],
]
const operands: Readonly<Record<string, readonly string[]>> = {
  pull: ['a'],
  plan: ['a'],
  copy: ['a', 'b'],
  bench: ['a'],
  inspect: ['a'],
  ls: ['a'],
  cat: ['a', '/x'],
  bundle: ['a', '/nonexistent'],
  mount: ['a', '/nonexistent'],
  umount: ['/nonexistent'],
  referrers: ['a'],
  sync: ['/nonexistent'],
  history: ['a'],
  tag: ['a', 'b'],
  export: ['a'],

  tags: ['a'],
  rm: ['a'],
  pause: ['a'],
  resume: ['a'],
  cancel: ['a'],
  unpack: ['a', '/nonexistent'],
}

describe.each(commands.map(({ name }) => name))('%s', (name) => {
  const optionsOf = async (): Promise<readonly Option[]> => {
    const command = new Command(name)
    const terminal = new TestTerminal()
    const messages = new Messages(terminal.stderr)
    const { stdin, output, stderr, env, signals } = terminal
    const define = await commands.find((each) => each.name === name)!.load()
    define(command, { stdin, output, stderr, env, signals, messages, exit: () => undefined })
    return command.options
  }

  it('says which variable has a wrong value', async () => {
    for (const option of await optionsOf()) {
      const { envVar } = option
      if (envVar === undefined) continue
      const wrong = wrongFor(option)
      if (wrong.length === 0) expect(texts).toContain(option.long)
      for (const value of wrong) {
        vi.stubEnv(envVar, value)
        try {
          const argv = [name, ...(operands[name] ?? [])]
          const { code, out, err } = await windlass(argv, { env: { [envVar]: value } })
          expect([code, out], `${envVar}=${value}: ${err}`).toEqual([2, ''])
          expect(err).toContain(envVar)
          expect(err).toMatch(/must be|Allowed choices are|The limits are|is not a platform/)
        } finally {
          vi.unstubAllEnvs()
        }
      }
    }
  })

  it('says which option has a wrong value', async () => {
    for (const option of await optionsOf())
      for (const value of option.isBoolean() ? [] : wrongFor(option)) {
        const { code, out, err } = await windlass([
          name,
          `${option.long}=${value}`,
          ...(operands[name] ?? []),
        ])
        expect([code, out], `${option.long}=${value}: ${err}`).toEqual([2, ''])
        expect(err).toContain(option.long)
      }
  })

  it('takes a variable that is empty as one that is not set', async () => {
    for (const { envVar } of await optionsOf()) {
      if (envVar === undefined) continue
      vi.stubEnv(envVar, '')
      try {
        expect((await windlass([name, '--help'])).code, envVar).toBe(0)
        const { err } = await windlass([name, '--nope'], { env: { [envVar]: '' } })
        expect(err, envVar).toMatch(/^windlass: unknown option '--nope'/)
      } finally {
        vi.unstubAllEnvs()
      }
    }
  })
})
