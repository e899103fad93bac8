/** Lines above a drawing. */
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { setDrawing, writeAbove } from '../../../cli/terminal/drawing.js'

describe('a line above a drawing', () => {
  it('is written between hiding and showing it, and alone when there is none any more', () => {
    const stream = new PassThrough()
    const calls: string[] = []
    const read = (): string => String(stream.read() ?? '')
    const drawing = {
      hide: () => calls.push(`hide ${read()}`),
      show: () => calls.push(`show ${read()}`),
    }
    setDrawing(stream, drawing)
    writeAbove(stream, 'one\n')
    expect(calls).toEqual(['hide ', 'show one\n'])
    setDrawing(stream, undefined)
    writeAbove(stream, 'two\n')
    expect([calls.length, read()]).toEqual([2, 'two\n'])
    const other = new PassThrough()
    setDrawing(stream, drawing)
    writeAbove(other, 'three\n')
    expect(calls).toHaveLength(2)
  })
})
