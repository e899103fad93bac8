import { EventEmitter, getEventListeners } from 'node:events'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { interruptible, rejectOnAbort } from '../../../cli/terminal/interrupt.js'
import { Messages } from '../../../cli/terminal/messages.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Starts interruptible work that ends only when `end` is called. The test sends the signals. */
function atWork() {
  const signals = new EventEmitter()
  const exits: number[] = []
  let said = ''
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said += chunk.toString()
      done()
    },
  })
  const terminal = { signals, messages: new Messages(stderr), exit: (code: number) => void exits.push(code) }
  let end = (): void => undefined
  let signal: AbortSignal | undefined
  const work = interruptible(terminal, (given) => {
    signal = given
    return new Promise<void>((resolve) => (end = resolve))
  })
  return { signals, exits, work, end: () => end(), signal: () => signal!, said: () => said }
}

describe('a command that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is cancelled by %s and reports it', async (name) => {
    const { signals, exits, work, end, signal, said } = atWork()
    expect(signal().aborted).toBe(false)
    signals.emit(name)
    expect(signal().reason).toMatchObject({ code: 'CANCELLED' })
    expect(said()).toBe('windlass: cancelling; interrupt again to exit at once\n')
    expect(exits).toEqual([])
    end()
    await work
  })

  it('ends immediately on the second signal', async () => {
    const { signals, exits, work, end } = atWork()
    signals.emit('SIGINT')
    signals.emit('SIGTERM')
    expect(exits).toEqual([130])
    end()
    await work
  })

  it('ends after ten seconds even if the work does not stop', async () => {
    const { signals, exits, work, end } = atWork()
    signals.emit('SIGINT')
    vi.advanceTimersByTime(9_999)
    expect(exits).toEqual([])
    vi.advanceTimersByTime(1)
    expect(exits).toEqual([130])
    end()
    await work
  })

  it('leaves no handler and no timer', async () => {
    const { signals, exits, work, end } = atWork()
    signals.emit('SIGINT')
    end()
    await work
    expect(signals.eventNames()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(60_000)
    expect(exits).toEqual([])
  })
})

describe('work that cannot be cancelled', () => {
  it('is not waited for if the signal has aborted or aborts', async () => {
    const never = new Promise<void>(() => undefined)
    const controller = new AbortController()
    const waiting = rejectOnAbort(never, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(rejectOnAbort(never, controller.signal)).rejects.toThrow('enough')
  })

  it('leaves no listener on the signal after it has succeeded or failed', async () => {
    const { signal } = new AbortController()
    expect(await rejectOnAbort(Promise.resolve(3), signal)).toBe(3)
    await expect(rejectOnAbort(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
    await new Promise<void>((resolve) => queueMicrotask(resolve))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
