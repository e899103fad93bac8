import { describe, expect, it } from 'vitest'
import { parseTrace } from '../../../testbench/power-loss/strace.js'

describe('a trace', () => {
  it('has calls with strings, descriptors and their paths', () => {
    const [begin, end] = parseTrace(
      String.raw`12  write(3</d/a "b", c)>, "a,\"\n\0\3771)", 7) = 7
`,
    )
    expect(begin?.moment).toBe('begin')
    expect(end?.call).toBe(begin?.call)
    expect(begin?.call).toMatchObject({ thread: 12, name: 'write', result: 7 })
    expect(begin?.call.arguments).toEqual([
      { text: '3</d/a "b", c)>', descriptor: 3, path: '/d/a "b", c)' },
      { text: String.raw`"a,\"\n\0\3771)"`, string: 'a,"\n\0\u00ff1)', cut: false },
      { text: '7', descriptor: 7 },
    ])
  })

  it('marks truncated strings and paths of deleted files', () => {
    const [{ call } = {}] = parseTrace('1 write(3</d/x>(deleted), "ab"..., 99) = 99')
    expect(call?.arguments.slice(0, 2)).toMatchObject([{ path: '/d/x' }, { string: 'ab', cut: true }])
  })

  it('joins calls that other threads interrupted, in the order of beginnings and ends', () => {
    const events = parseTrace(
      [
        '1 fsync(3</d/a> <unfinished ...>',
        '2 rename("/d/a", "/d/b") = 0',
        '1 <... fsync resumed>)             = 0',
      ].join('\n'),
    )
    expect(events.map(({ line, moment, call }) => [line, moment, call.name, call.result])).toEqual([
      [1, 'begin', 'fsync', 0],
      [2, 'begin', 'rename', 0],
      [2, 'end', 'rename', 0],
      [3, 'end', 'fsync', 0],
    ])
  })

  it('has no end for a call in which the process was killed', () => {
    const events = parseTrace(
      '1 fsync(3</d/a>) = ?\n2 close(4 <unfinished ...>\n1 +++ killed by SIGKILL +++\n',
    )
    expect(events.map(({ moment, call }) => [moment, call.name, call.result])).toEqual([
      ['begin', 'fsync', undefined],
      ['end', 'fsync', undefined],
      ['begin', 'close', undefined],
    ])
  })

  it('is refused if it is not in the format of strace', () => {
    expect(() => parseTrace('hello')).toThrow('Line 1')
    expect(() => parseTrace('1 <... fsync resumed>) = 0')).toThrow('did not begin')
  })
})
