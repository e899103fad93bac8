/** An image with a layer of 1 GiB is pulled and unpacked in little memory. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { expect, it } from 'vitest'
import { expectExit, runWindlass } from '../../testbench/harness/command-line.js'
import { describeReal } from '../../testbench/harness/components.js'
import { startDistribution } from '../../testbench/harness/distribution.js'
import { runTool } from '../../testbench/harness/run-tool.js'
import { workspace } from '../../testbench/harness/workspace.js'
import { bigFileBytes } from '../../testbench/images/big.js'
import { pushedBig } from '../../testbench/images/pushed.js'
import { formOf } from '../../testbench/images/test-image.js'

const limit = 250 * 1024 * 1024

describeReal('a layer of 1 GiB', () => {
  it('keeps the process under 250 MiB of resident memory', { timeout: 300_000 }, async () => {
    const { storage, image } = await pushedBig()
    const registry = await startDistribution({ storage, readOnly: true })
    try {
      const { store } = await workspace()
      const name = `${registry.host}/windlass/big:oci-gzip`
      const result = await runWindlass(['pull', name, '--plain-http', '--store', store])
      expectExit(result, 0)
      expect(result.peakRss, 'it was measured').toBeGreaterThan(20 * 1024 * 1024)
      expect(result.peakRss).toBeLessThan(limit)

      const file = join(store, 'layers', ...image.diffIds[1]!.split(':'), 'rootfs', 'data')
      const hash = createHash('sha256')
      await pipeline(createReadStream(file), hash)
      const blob = join(store, 'blobs', ...formOf(image, 'oci-gzip').layers[1]!.digest.split(':'))
      const expected = await runTool('bash', ['-c', `tar -xOzf '${blob}' ./data | sha256sum`])
      expect(hash.digest('hex')).toBe(expected.toString().slice(0, 64))
      expect(Number(await runTool('stat', ['-c', '%s', file]))).toBe(bigFileBytes)
    } finally {
      await registry.stop()
    }
  })
})
