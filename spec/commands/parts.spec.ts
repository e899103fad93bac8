import { EventEmitter } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { Command } from 'commander'
import { afterEach, describe, expect, it } from 'vitest'
import { failureLines } from '../../cli/terminal/failure.js'
import { ignoreFalseFlags, numberSetting, setting } from '../../cli/setup/flags.js'
import { interruptible, rejectOnAbort } from '../../cli/terminal/interrupt.js'
import { Messages } from '../../cli/terminal/messages.js'
import { Output } from '../../cli/terminal/output.js'
import { type NetworkFlags, addNetworkFlags, openOptions } from '../../cli/setup/settings.js'
import { processTerminal } from '../../cli/terminal/terminal.js'
import { WindlassError } from '../../lib/errors.js'
import { wholeNumber } from '../../puller/options/option-codecs.js'

describe('flags', () => {
  const parse = (argv: string[], env: NodeJS.ProcessEnv): Record<string, unknown> => {
    Object.assign(process.env, env)
    const command = new Command()
      .addOption(setting('--plain-http', ''))
      .addOption(numberSetting('--max-downloads <n>', { codec: wholeNumber(2) }))
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .hook('preAction', (_, acting) => ignoreFalseFlags(acting, process.env))
      .action(() => undefined)
    command.parse(argv, { from: 'user' })
    return command.opts()
  }
  afterEach(() => {
    delete process.env['WINDLASS_PLAIN_HTTP']
    delete process.env['WINDLASS_MAX_DOWNLOADS']
  })

  it('come from variables, and the command line wins', () => {
    expect(parse([], { WINDLASS_PLAIN_HTTP: '1', WINDLASS_MAX_DOWNLOADS: '7' })).toEqual({
      plainHttp: true,
      maxDownloads: 7,
    })
    expect(parse(['--max-downloads', '2'], { WINDLASS_MAX_DOWNLOADS: '7' })).toMatchObject({
      maxDownloads: 2,
    })
  })

  it.each(['', '0', 'false', 'No', 'off'])('take %j in a variable for no', (value) => {
    expect(parse([], { WINDLASS_PLAIN_HTTP: value }).plainHttp).toBeUndefined()
    expect(parse(['--plain-http'], { WINDLASS_PLAIN_HTTP: value }).plainHttp).toBe(true)
  })

  it.each(['1', '-3', '2.5', '1e3', '', 'x', '99999999999999999999'])('refuse %j as a number', (text) => {
    expect(() => parse([`--max-downloads=${text}`], {})).toThrow('It must be a whole number of at least 2.')
  })
})

describe('lists', () => {
  it('are said as often as there is something in them, or with commas, and reach the library', async () => {
    const command = addNetworkFlags(new Command()).action(() => undefined)
    command.parse(
      ['--foreign-host', 'a.lan', '--foreign-host', '10.0.0.1,b.lan', '--trust-realm', 'http://auth.lan'],
      { from: 'user' },
    )
    expect(await openOptions({ ...command.opts<NetworkFlags>(), minimumRate: 0 }, processTerminal())).toEqual(
      {
        foreignHosts: ['a.lan', '10.0.0.1', 'b.lan'],
        trustedRealms: ['http://auth.lan'],
        minimumRate: 0,
      },
    )
  })
})

describe('failureLines', () => {
  it('is one line and a hint, whatever is in it', () => {
    const error = new WindlassError('DENIED', 'Asking \u001b[31mhost\nfor more', { hint: 'Log\rin' })
    expect(failureLines(error)).toEqual(['windlass: Asking \\u{1b}[31mhost\\u{a}for more', '  Log\\u{d}in'])
  })

  it('shows stacks and causes for debugging alone', () => {
    const cause = new Error('reset')
    const lines = failureLines(new WindlassError('NETWORK', 'failed', { cause }), { debug: true })
    expect(lines.some((line) => line.includes('  | Error: reset'))).toBe(true)
    expect(lines.filter((line) => line.includes(' at ')).length).toBeGreaterThan(1)
  })
})

describe('interruptible', () => {
  const setUp = (): {
    signals: EventEmitter
    exits: number[]
    terminal: Parameters<typeof interruptible>[0]
  } => {
    const signals = new EventEmitter()
    const exits: number[] = []
    return {
      signals,
      exits,
      terminal: { signals, messages: new Messages(new PassThrough()), exit: (code) => exits.push(code) },
    }
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('aborts at the first %s and exits at the second', async (name) => {
    const { signals, exits, terminal } = setUp()
    const work = interruptible(terminal, (signal) =>
      rejectOnAbort(new Promise<never>(() => undefined), signal),
    )
    signals.emit(name)
    signals.emit(name)
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED', exitCode: 130 })
    expect(exits).toEqual([130])
    expect(signals.eventNames()).toEqual([])
  })

  it('does not touch what is not interrupted', async () => {
    const { signals, exits, terminal } = setUp()
    expect(
      await interruptible(terminal, async (signal) => rejectOnAbort(Promise.resolve(signal.aborted), signal)),
    ).toBe(false)
    expect([exits, signals.eventNames()]).toEqual([[], []])
  })
})

describe('Output', () => {
  const failing = (code: string): Writable =>
    new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) })

  it('says when the reader has gone, and writes no more', async () => {
    const output = new Output(failing('EPIPE'))
    expect(await output.line('a')).toBe(false)
    expect(await output.line('b')).toBe(false)
  })

  it('fails for any other reason', async () => {
    await expect(new Output(failing('ENOSPC')).line('a')).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('keeps step with a slow reader', async () => {
    const waiting: (() => void)[] = []
    const output = new Output(new Writable({ write: (_chunk, _encoding, done) => void waiting.push(done) }))
    let written = false
    const next = output.write('9').then(() => (written = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toBe(false)
    waiting[0]?.()
    await next
    expect(written).toBe(true)
  })
})
