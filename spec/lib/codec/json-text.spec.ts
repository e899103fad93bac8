import { describe, expect, it } from 'vitest'
import { checkJsonText, isTooDeep, maxJsonDepth } from '../../../lib/codec/json-text.js'

const nested = (levels: number, open = '[', close = ']'): string => open.repeat(levels) + close.repeat(levels)

describe('JSON text', () => {
  it.each([
    ['[', ']'],
    ['{"a":', '}'],
  ])('may be nested exactly as deep as the limit: %s', (open, close) => {
    const value = open === '[' ? '' : '0'
    const text = (levels: number): string =>
      nested(levels, open, `\0${close}`).replace('\0', value).replaceAll('\0', '')
    expect([isTooDeep(text(maxJsonDepth)), checkJsonText(text(maxJsonDepth))]).toEqual([false, undefined])
    expect(isTooDeep(text(maxJsonDepth + 1))).toBe(true)
    expect(checkJsonText(text(maxJsonDepth + 1))).toContain('more than 100 levels')
  })

  it('is not nested by brackets in strings or by adjacent brackets', () => {
    for (const text of [JSON.stringify(`"${nested(500)}\\"`), `[${'[],'.repeat(500)}[]]`]) {
      expect(isTooDeep(text)).toBe(false)
      expect(checkJsonText(text)).toBeUndefined()
    }
  })
})
