import { describe, expect, it } from 'vitest'
import { parseJson } from '../../../../lib/store/files/json-object.js'

describe('a JSON file of the store', () => {
  it.each(['{"a":[1,null]}', '7', '""'])('is read if it is JSON: %s', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text))
  })

  it.each(['', '{', '{"a":1}x'])('is nothing if it is no JSON: %j', (text) => {
    expect(parseJson(text)).toBeUndefined()
  })

  it('is nothing if it is nested so deeply that it cannot be written again', () => {
    const depth = 100_000
    expect(parseJson('['.repeat(depth) + ']'.repeat(depth))).toBeUndefined()
  })
})
