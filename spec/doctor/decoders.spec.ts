import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { decoders } from '../../doctor/decoders.js'
import { root } from '../support/source-tree.js'

it('names the libraries that are used, and those that are used without them', () => {
  expect(['ISA-L', 'zlib']).toContain(decoders().gzip)
  const script = "import { decoders } from './doctor/decoders.ts'; console.log(JSON.stringify(decoders()))"
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    ...{ cwd: root, encoding: 'utf8' },
    env: { ...process.env, WINDLASS_ISAL: '0', WINDLASS_ZSTD: '0' },
  })
  const { gzip, zstd } = JSON.parse(stdout) as { gzip: string; zstd: string }
  expect(gzip).toBe('zlib')
  expect(['zlib', 'fzstd']).toContain(zstd)
})
