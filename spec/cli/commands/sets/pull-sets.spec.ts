/** What a command prints of a set of pulls, and its exit code. */
import { describe, expect, it } from 'vitest'
import {
  pinnedName,
  pullNames,
  pullPlatforms,
  pullTags,
  requireRepository,
  type SetFlags,
} from '../../../../cli/commands/sets/pull-sets.js'
import { ReportedFailure } from '../../../../cli/terminal/failure.js'
import type { MessageFormat } from '../../../../cli/terminal/messages.js'
import { WindlassError } from '../../../../lib/errors.js'
import type { PullOptions, Windlass } from '../../../../puller/index.js'
import { imageResult } from '../../../support/cli/api-by-hand.js'
import { setByHand, testConsole } from '../../../support/cli/set-by-hand.js'

const signal = new AbortController().signal
const options: PullOptions = { signal }
const missing = new WindlassError('MANIFEST_UNKNOWN', 'there is none')
const network = new WindlassError('NETWORK', 'no connection')
const cancelled = () => new WindlassError('CANCELLED', 'Cancelled')
const { digest } = imageResult('')

/** Runs a function with a set that the test ends. Resolves to what was printed and the failure. */
function pulling(flags: Partial<SetFlags> = {}, format: MessageFormat = 'text') {
  const set = setByHand<unknown>()
  const calls: unknown[] = []
  const start = (...given: readonly unknown[]) => {
    calls.push(given)
    return set
  }
  const windlass = { pullAllTags: start, pullMany: start, pullAllPlatforms: start } as unknown as Windlass
  const terminal = testConsole(format)
  const all: SetFlags = { progress: 'none', ...flags }
  const ended = (work: Promise<void>) =>
    work.then(
      () => 0,
      (error: unknown) => {
        if (error instanceof ReportedFailure) return error.exitCode
        throw error
      },
    )
  return {
    ...{ set, calls, terminal },
    tags: () => ended(pullTags('app', windlass, options, all, terminal)),
    names: (...names: string[]) => ended(pullNames(names, windlass, options, all, terminal)),
    platforms: () => ended(pullPlatforms('app', windlass, options, all, terminal)),
  }
}
const tagsResult = (more: object = {}) => ({
  ...{ name: 'example.com/app', status: 'newer', failed: 0, warnings: [], ...more },
})

describe('a pull of names', () => {
  it('prints each image, goes on after failures, and ends with the code of the first', async () => {
    const { set, terminal, names } = pulling()
    const code = names('a', 'b', 'c')
    for (const [name, error] of [['a'], ['b', missing], ['c', network]] as const) {
      const pull = set.start(name)
      if (error) pull.fail(error)
      else pull.succeed()
    }
    set.end({})
    expect(await code).toBe(missing.exitCode)
    expect(missing.exitCode).not.toBe(network.exitCode)
    expect(terminal.out).toBe(`a@${digest}\n`)
    expect(terminal.err).toBe('windlass: there is none\nwindlass: no connection\n')
  })

  it('prints failures as JSON too, and images without their configs', async () => {
    const { set, terminal, names } = pulling({ json: true })
    const code = names('a', 'b')
    set.start('a').succeed()
    set.start('b').fail(missing)
    set.end({})
    expect(await code).toBe(missing.exitCode)
    const [image, failure] = terminal.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(image).toEqual(imageResult('a'))
    expect(failure).toEqual({ name: 'b', error: missing.toJSON() })
  })

  it('gives the options to the set', async () => {
    for (const flags of [{}, { failFast: true, concurrency: 7 }]) {
      const { set, calls, names } = pulling(flags)
      const code = names('a')
      set.end({})
      expect(await code).toBe(0)
      expect(calls).toEqual([[['a'], { signal, failFast: false, ...flags }]])
    }
  })

  it('reports neither the pulls that were cancelled because of another one, nor its error twice', async () => {
    const { set, terminal, names } = pulling({ failFast: true })
    const code = names('a', 'b')
    const [one, two] = [set.start('a'), set.start('b')]
    one.fail(missing)
    two.fail(cancelled())
    set.fail(missing)
    expect(await code).toBe(missing.exitCode)
    expect(terminal.err).toBe('windlass: there is none\n')
  })

  it('ends as cancelled by an interrupt, also after a failure', async () => {
    const { set, names } = pulling()
    const code = names('a', 'b')
    set.start('a').fail(missing)
    set.start('b').fail(cancelled())
    const reason = cancelled()
    set.fail(reason)
    await expect(code).rejects.toBe(reason)
  })

  it.each(['json', 'docker'] as const)('reports an interrupt once with --progress %s', async (format) => {
    const { set, terminal, names } = pulling({ progress: format }, format)
    const code = names('a')
    set.start('a').fail(cancelled())
    const reason = cancelled()
    set.fail(reason)
    await expect(code).rejects.toBe(reason)
    terminal.messages.error(reason)
    expect(terminal.err).toBe('')
  })

  it('reports an interrupt that came before the first pull', async () => {
    const { set, terminal, names } = pulling({ progress: 'json' }, 'json')
    const code = names('a')
    const reason = cancelled()
    set.fail(reason)
    await expect(code).rejects.toBe(reason)
    terminal.messages.error(reason)
    expect(terminal.err).toContain('"CANCELLED"')
  })
})

describe('a pull of all tags', () => {
  it('says whether there was something new, and what was unclear', async () => {
    const { set, calls, terminal, tags } = pulling({ progress: 'plain' })
    const code = tags()
    set.end(tagsResult({ status: 'up-to-date', warnings: [{ code: 'x', message: 'odd tag' }] }))
    expect(await code).toBe(0)
    expect(terminal.err).toBe('windlass: warning: odd tag\nImage is up to date for example.com/app\n')
    expect(calls).toEqual([['app', { signal, failFast: false }]])
  })

  it.each([
    [{ quiet: true }, ''],
    [{ progress: 'none' as const }, 'Downloaded newer image for example.com/app\n'],
  ])('warns as its pulls do: %j', async (flags, text) => {
    const { set, terminal, tags } = pulling({ progress: 'plain', ...flags })
    const code = tags()
    set.end(tagsResult({ warnings: [{ code: 'x', message: 'odd tag' }] }))
    expect(await code).toBe(0)
    expect(terminal.err).toBe(text)
  })

  it('does not call a repository up to date if a tag has failed', async () => {
    for (const status of ['newer', 'up-to-date'] as const) {
      const { set, terminal, tags } = pulling()
      const code = tags()
      set.start('app:1').fail(missing)
      set.end(tagsResult({ status, failed: 1 }))
      expect(await code).toBe(missing.exitCode)
      const line = status === 'newer' ? 'Downloaded newer image for example.com/app\n' : ''
      expect(terminal.err).toBe(`windlass: there is none\n${line}`)
    }
  })

  it('reports that the tags could not be listed to the end, with the code of the tag that had failed', async () => {
    const { set, terminal, tags } = pulling()
    const code = tags()
    set.start('app:1').fail(missing)
    set.fail(network)
    expect(await code).toBe(missing.exitCode)
    expect(terminal.err).toBe('windlass: there is none\nwindlass: no connection\n')
  })

  it('stops at the first failure if that is asked for', async () => {
    const { set, calls, tags } = pulling({ failFast: true })
    const code = tags()
    set.end(tagsResult())
    await code
    expect(calls).toEqual([['app', { signal, failFast: true }]])
  })

  it.each(['app:1', `app@${digest}`, 'oci:/dir'])('needs a repository: %s is none', (name) => {
    expect(() => {
      requireRepository(name)
    }).toThrow(`tag can't be used with --all-tags/-a: ${name}`)
  })

  it('takes the name of a repository', () => {
    for (const name of ['app', 'localhost:5000/team/app']) requireRepository(name)
  })
})

describe('a pull of all platforms', () => {
  const index = (problems: readonly string[] = []) => ({
    ...{ name: 'example.com/app', digest, status: 'newer', problems },
    images: [{ ...imageResult('example.com/app'), config: {} }],
  })

  it('prints the index, and what was skipped of it', async () => {
    for (const [problems, more] of [
      [['the first'], ''],
      [['the first', 'second', 'third'], '; and 2 more'],
    ] as const) {
      const { set, terminal, platforms } = pulling({ progress: 'plain' })
      const code = platforms()
      set.end(index(problems))
      expect(await code).toBe(0)
      expect(terminal.out).toBe(`example.com/app@${digest}\n`)
      expect(terminal.err).toBe(
        `windlass: warning: Some entries of the index of example.com/app are skipped: the first${more}\n` +
          'Downloaded newer image for example.com/app\n',
      )
    }
  })

  it('prints JSON without configs, and nothing else if it is quiet', async () => {
    const { set, terminal, platforms } = pulling({ json: true, quiet: true })
    const code = platforms()
    set.end(index(['the first']))
    expect(await code).toBe(0)
    expect(terminal.err).toBe('')
    expect((JSON.parse(terminal.out) as { images: unknown }).images).toEqual([imageResult('example.com/app')])
  })

  it('fails with the error of the first image, which is reported once', async () => {
    const { set, terminal, platforms } = pulling()
    const code = platforms()
    set.start('app').fail(missing)
    set.fail(missing)
    await expect(code).rejects.toBe(missing)
    expect(terminal.err).toBe('')
  })
})

describe('the name of an image with its digest', () => {
  it('has the digest once', () => {
    expect(pinnedName({ name: 'app:1', digest })).toBe(`app:1@${digest}`)
    expect(pinnedName({ name: `app@${digest}`, digest })).toBe(`app@${digest}`)
  })
})
