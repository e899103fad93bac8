import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ask } from '../../../cli/setup/prompt.js'

function terminal() {
  const modes: boolean[] = []
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => modes.push(on) })
  let shown = ''
  const stderr = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString()
      done()
    },
  })
  return { stdin, stderr, modes, shown: () => shown }
}
const never = new AbortController().signal

describe('a question on a terminal', () => {
  it.each([
    ['sesame\r', 'sesame'],
    ['ses\u007fs\b same\n', 'se same'],
    ['wrong\u0015right\r', 'right'],
    ['pä\u0001ß😀\r', 'päß😀'],
  ])('typed as %j is read as %j, without being shown if it is secret', async (keys, line) => {
    const { stdin, stderr, modes, shown } = terminal()
    const answer = ask({ text: 'Password: ', secret: true }, { stdin, stderr }, never)
    // One byte at a time, as characters of several bytes may arrive.
    for (const byte of Buffer.from(keys)) stdin.write(Buffer.from([byte]))
    expect(await answer).toBe(line)
    expect(shown()).toBe('Password: \n')
    expect(modes).toEqual([true, false])
  })

  it('shows what is typed if it is not secret', async () => {
    const { stdin, stderr, shown } = terminal()
    const answer = ask({ text: 'Name: ' }, { stdin, stderr }, never)
    stdin.write('ab\u007fc\r')
    expect(await answer).toBe('ac')
    expect(shown()).toBe('Name: ab\b \bc\n')
  })

  it('ends with Ctrl-C, Ctrl-D, the end of the input and a signal, and leaves the terminal as it was', async () => {
    for (const [end, code] of [
      [({ stdin }: ReturnType<typeof terminal>) => stdin.write('ab\u0003'), 'CANCELLED'],
      [({ stdin }: ReturnType<typeof terminal>) => stdin.write('\u0004'), 'USAGE'],
      [({ stdin }: ReturnType<typeof terminal>) => stdin.end(), 'USAGE'],
    ] as const) {
      const at = terminal()
      const answer = ask({ text: '', secret: true }, at, never)
      end(at)
      await expect(answer).rejects.toMatchObject({ code })
      expect(at.modes).toEqual([true, false])
      expect(at.stdin.listenerCount('data')).toBe(0)
    }
    const [at, controller] = [terminal(), new AbortController()]
    const answer = ask({ text: '' }, at, controller.signal)
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    expect(at.modes).toEqual([true, false])
  })

  it('stops listening when it is answered, and lets the process end', async () => {
    const at = terminal()
    const { signal } = new AbortController()
    const events: string[] = []
    const watched = Object.assign(Object.create(signal) as AbortSignal, {
      throwIfAborted: () => undefined,
      addEventListener: (type: string) => events.push(`+${type}`),
      removeEventListener: (type: string) => events.push(`-${type}`),
    })
    const answer = ask({ text: '' }, at, watched)
    at.stdin.write('a\r')
    await answer
    expect(events).toEqual(['+abort', '-abort'])
    for (const name of ['data', 'error']) expect(at.stdin.listenerCount(name)).toBe(0)
    expect(at.stdin.isPaused()).toBe(true)
  })

  it('takes Ctrl-D within a line for nothing, and ends if stdin fails', async () => {
    const [at, broken] = [terminal(), terminal()]
    const answer = ask({ text: '' }, at, never)
    at.stdin.write('a\u0004b\r')
    expect(await answer).toBe('ab')
    const failing = ask({ text: '' }, broken, never)
    broken.stdin.emit('error', new Error('EIO'))
    await expect(failing).rejects.toMatchObject({ code: 'USAGE' })
    expect(broken.modes).toEqual([true, false])
  })

  it('is not asked after an interrupt', async () => {
    const at = terminal()
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    await expect(ask({ text: 'Name: ' }, at, controller.signal)).rejects.toThrow('enough')
    expect([at.shown(), at.modes]).toEqual(['', []])
  })

  it('is an error without a terminal', async () => {
    const { stdin, stderr } = terminal()
    await expect(
      ask({ text: '' }, { stdin: Object.assign(stdin, { isTTY: false }), stderr }, never),
    ).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('--password-stdin') })
  })
})
