import { describe, expect, it } from 'vitest'
import { putImage } from '../../lib/testing/images/index.js'
import { open } from '../../puller/index.js'
import { Workbench, imageOf } from '../support/workbench.js'

describe('a puller that reads files', () => {
  const bench = new Workbench()

  it('closes after a read of an image that could not be found', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', imageOf(['base']))
    // The bench would wait for a puller that does not close.
    const puller = await open({ store: bench.path() })
    const missing = `${registry.host}/team/app:none`
    const unknown = { code: 'MANIFEST_UNKNOWN' }
    await expect(puller.file(missing, 'base')).rejects.toMatchObject(unknown)
    await expect(puller.files(missing)[Symbol.asyncIterator]().next()).rejects.toMatchObject(unknown)
    await puller.close({ within: 5_000 })
  })
})
