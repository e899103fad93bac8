/** The colours of a drawing. */
import { describe, expect, it } from 'vitest'
import { noPaint, paintFor } from '../../../cli/render/paint.js'

describe('the colours of a terminal', () => {
  it('end where they began', () => {
    const paint = paintFor({})
    expect(paint('error', 'x')).toBe('\u001b[31mx\u001b[39m')
    for (const tone of ['head', 'quiet'] as const) expect(paint(tone, 'x').slice(-5)).toBe('\u001b[22m')
    for (const tone of ['warning', 'good'] as const) expect(paint(tone, 'x').slice(-5)).toBe('\u001b[39m')
  })

  it('are not used if NO_COLOR is set and not empty', () => {
    expect(paintFor({ NO_COLOR: '1' })).toBe(noPaint)
    expect(paintFor({ NO_COLOR: '' })).not.toBe(noPaint)
    expect(noPaint('error', 'x')).toBe('x')
  })
})
