import { describe, expect, it } from 'vitest'
import { messageFormat } from '../../../cli/terminal/message-format.js'

describe('messageFormat', () => {
  it.each([
    [['pull', '--progress', 'json', 'a'], {}, 'json'],
    [['pull', '--progress=json', 'a'], {}, 'json'],
    [['pull', '--progress=docker', 'a'], {}, 'docker'],
    [['pull', '--progress', 'json', '--progress', 'plain', 'a'], {}, 'text'],
    [['pull', '--progress=plain', '--progress=json', 'a'], {}, 'json'],
    [['pull', '--', '--progress', 'json'], {}, 'text'],
    [['pull', '--progress'], {}, 'text'],
    [['pull', 'a'], { WINDLASS_PROGRESS: 'json' }, 'json'],
    [['pull', '--progress', 'plain', 'a'], { WINDLASS_PROGRESS: 'json' }, 'text'],
  ])('for %j with %j returns %s', (argv, env, format) => {
    expect(messageFormat(argv, env, true)).toBe(format)
  })

  it('ignores the variable if the command shows no progress', () => {
    expect(messageFormat(['tags', 'a'], { WINDLASS_PROGRESS: 'json' }, false)).toBe('text')
  })
})
