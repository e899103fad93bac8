import { describe, expect, it } from 'vitest'
import { wantsJson } from '../../../cli/terminal/wants-json.js'

describe('wantsJson', () => {
  it.each([
    [['pull', '--progress', 'json', 'a'], {}, true],
    [['pull', '--progress=json', 'a'], {}, true],
    [['pull', '--progress', 'json', '--progress', 'plain', 'a'], {}, false],
    [['pull', '--progress=plain', '--progress=json', 'a'], {}, true],
    [['pull', '--', '--progress', 'json'], {}, false],
    [['pull', '--progress'], {}, false],
    [['pull', 'a'], { WINDLASS_PROGRESS: 'json' }, true],
    [['pull', '--progress', 'plain', 'a'], { WINDLASS_PROGRESS: 'json' }, false],
  ])('for %j with %j returns %s', (argv, env, json) => {
    expect(wantsJson(argv, env, true)).toBe(json)
  })

  it('ignores the variable if the command shows no progress', () => {
    expect(wantsJson(['tags', 'a'], { WINDLASS_PROGRESS: 'json' }, false)).toBe(false)
  })
})
