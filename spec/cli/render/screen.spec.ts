import { Writable } from 'node:stream'
import { Subject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { Screen } from '../../../cli/render/screen.js'
import { showOnTerminal } from '../../../cli/render/tty.js'
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

describe('a drawing on a terminal', () => {
  it('hides the cursor once and shows it again, also when the process exits', () => {
    const { written, target } = stream()
    const screen = new Screen(target)
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

  it('is not written again if nothing has changed, and not closed twice', () => {
    const { written, target } = stream()
    const screen = new Screen(target)
    screen.close()
    expect(written).toEqual([])
    screen.draw(['a', 'b'])
    screen.draw(['a', 'b'])
    expect(written).toHaveLength(1)
    screen.close()
    screen.close()
    expect(written).toHaveLength(2)
  })

  it('overwrites the lines that a narrower terminal has wrapped', () => {
    const { written, target } = stream()
    const screen = new Screen(target)
    screen.draw(['a'.repeat(80), 'b'])
    target.columns = 40
    screen.draw(['c'])
    expect(written.at(-1)).toMatch(/^\r\u001b\[3A/) // eslint-disable-line no-control-regex
    screen.close()
  })

  it('leaves no timer after the events have ended', async () => {
    vi.useFakeTimers()
    try {
      const events = new Subject<PullEvent>()
      const over = showOnTerminal(events, stream().target)
      expect(vi.getTimerCount()).toBe(1)
      events.complete()
      await over
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
