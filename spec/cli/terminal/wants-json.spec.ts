import { describe, expect, it } from 'vitest'
import { wantsJson } from '../../../cli/terminal/wants-json.js'

describe('whether messages are JSON', () => {
  it.each([
    [['pull', '--progress', 'json', 'a'], {}, true],
    [['pull', '--progress=json', 'a'], {}, true],
    [['pull', '--progress', 'json', '--progress', 'plain', 'a'], {}, false],
    [['pull', '--progress=plain', '--progress=json', 'a'], {}, true],
    [['pull', '--', '--progress', 'json'], {}, false],
    [['pull', '--progress'], {}, false],
    [['pull', 'a'], { WINDLASS_PROGRESS: 'json' }, true],
    [['pull', '--progress', 'plain', 'a'], { WINDLASS_PROGRESS: 'json' }, false],
  ])('is known of %j with %j before the options are read: %s', (argv, env, json) => {
    expect(wantsJson(argv, env, true)).toBe(json)
  })

  it('does not depend on the variable where a command shows no progress', () => {
    expect(wantsJson(['tags', 'a'], { WINDLASS_PROGRESS: 'json' }, false)).toBe(false)
  })
})
