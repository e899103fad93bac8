import { Writable } from 'node:stream'
import { createLogUpdate } from 'log-update'
import { Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { Screen } from '../../../cli/render/screen.js'
import { TerminalView } from '../../../cli/render/tty.js'
import { Messages } from '../../../cli/terminal/messages.js'
import type { PullEvent } from '../../../lib/events/index.js'

const [hidden, shown] = ['\u001b[?25l', '\u001b[?25h']

function stream() {
  const written: string[] = []
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return { written, target: Object.assign(target, { isTTY: true, columns: 80, rows: 24 }) }
}

const screenOn = (target: ReturnType<typeof stream>['target']): Screen => new Screen(target, createLogUpdate)

/** Shows what a terminal shows after `text`: the movements and erasures that a drawing uses. */
function screenAfter(text: string): string[] {
  const lines = ['']
  let [row, column] = [0, 0]
  // eslint-disable-next-line no-control-regex
  for (const [token, , count = '', action] of text.matchAll(/(\u001b\[\??(\d*)([A-Za-z]))|[^]/g))
    if (token === '\n') {
      row++
      column = 0
      lines[row] ??= ''
    } else if (action === 'A') row = Math.max(0, row - Number(count || 1))
    else if (action === 'B') row += Number(count || 1)
    else if (action === 'G') column = 0
    else if (action === 'K') lines[row] = count === '2' ? '' : lines[row]!.slice(0, column)
    else if (action === undefined) {
      lines[row] = lines[row]!.padEnd(column).slice(0, column) + token + lines[row]!.slice(column + 1)
      column++
    }
  return lines.slice(0, row + 1)
}

describe('a drawing on a terminal', () => {
  it('hides the cursor once and shows it again, also when the process exits', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    const before = process.listeners('exit')
    screen.draw(['a'])
    screen.draw(['b'])
    expect(written.filter((text) => text.includes(hidden))).toHaveLength(1)
    const [atExit] = process.listeners('exit').filter((each) => !before.includes(each))
    expect(atExit).toBeDefined()
    screen.close()
    expect(written.at(-1)).toBe(shown)
    expect(process.listeners('exit')).toEqual(before)
  })

  it('adds no listener to signals, which are those of the command', () => {
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    const before = names.map((name) => process.listenerCount(name))
    const screen = screenOn(stream().target)
    screen.draw(['a'])
    expect(names.map((name) => process.listenerCount(name))).toEqual(before)
    screen.close()
  })

  it('is not written again if nothing has changed, and not closed twice', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    screen.close()
    expect(written).toEqual([])
    screen.draw(['a', 'b'])
    const { length } = written
    screen.draw(['a', 'b'])
    expect(written).toHaveLength(length)
    screen.close()
    const closed = written.length
    screen.close()
    expect(written).toHaveLength(closed)
  })

  it('writes only the lines that have changed', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    screen.draw(['head', 'one', 'two'])
    screen.draw(['head', 'ONE', 'two'])
    expect(written.at(-1)).toContain('ONE')
    expect(written.at(-1)).not.toMatch(/head|two/)
    screen.close()
  })

  it('is replaced by the lines that stay, of which there may be more than the terminal has rows', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    const many = Array.from({ length: 40 }, (_, index) => `line ${index}`)
    screen.draw(['one', 'two'])
    screen.leave(many)
    expect(screenAfter(written.join(''))).toEqual([...many, 'one', 'two', ''])
    screen.draw(['three'])
    screen.close()
    expect(screenAfter(written.join(''))).toEqual([...many, ''])
  })

  it('overwrites the lines that a narrower terminal has wrapped', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    screen.draw(['a'.repeat(80), 'b'])
    target.columns = 40
    const before = written.length
    screen.draw(['c'])
    // The cursor is below three rows: two of the first line, one of the second.
    expect(written.slice(before).join('').split('\u001b[1A')).toHaveLength(1 + 3)
    screen.close()
  })

  it('stands below messages that are written meanwhile', () => {
    const { written, target } = stream()
    const screen = screenOn(target)
    screen.draw(['one', 'two'])
    new Messages(target).warning('odd', 'something')
    expect(screenAfter(written.join(''))).toEqual(['windlass: warning: something', 'one', 'two', ''])
    screen.close()
    new Messages(target).note('after')
    expect(screenAfter(written.join(''))).toEqual(['windlass: warning: something', 'after', ''])
  })

  it('leaves no timer and no listener after the view was closed', async () => {
    vi.useFakeTimers()
    try {
      const events = new Subject<PullEvent>()
      const { target } = stream()
      const view = new TerminalView(target)
      const over = view.add(events).settle()
      expect(vi.getTimerCount()).toBe(1)
      events.complete()
      await over
      view.close()
      expect([vi.getTimerCount(), target.listenerCount('resize')]).toEqual([0, 0])
    } finally {
      vi.useRealTimers()
    }
  })
})
