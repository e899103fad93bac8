import { expect, it } from 'vitest'
import { checkDecoders, checkDecodersWith } from '../../../doctor/checks/decoders.js'
import { findingsOf, told } from '../../support/examination.js'

it('says which decoders are slow, and why', async () => {
  expect(await findingsOf(checkDecoders, '/s')).toHaveLength(2)
  const best = checkDecodersWith(() => ({ gzip: 'ISA-L', zstd: 'libzstd' }))
  expect(told(await findingsOf(best, '/s'))).toEqual([
    'ok gzip is decompressed by ISA-L.',
    'ok zstd is decompressed by libzstd.',
  ])
  const slow = checkDecodersWith(() => ({ gzip: 'zlib', zstd: 'fzstd' }))
  const findings = await findingsOf(slow, '/s', { env: { WINDLASS_ISAL: '0' } })
  expect(findings.map(({ state }) => state)).toEqual(['note', 'note'])
  expect(findings[0]?.advice).toBe('Unset WINDLASS_ISAL.')
  expect(findings[1]?.advice).toMatch(/^Install libzstd1/)
})
