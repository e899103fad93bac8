import { describe, expect, it } from 'vitest'
import { registrySource } from '../../../lib/sources/index.js'
import { putImage, tinyImage } from '../../../lib/testing/images/index.js'
import { Workbench } from '../../support/workbench.js'

const bench = new Workbench()

describe('registrySource', () => {
  it('returns the manifests and tags of a repository, and closes its connections', async () => {
    const registry = await bench.registry()
    await putImage(registry, 'team/app', '1', tinyImage())
    const source = registrySource(`${registry.host}/team/app`)
    expect(source.host).toBe(registry.host)
    expect(JSON.parse((await source.manifest('1')).bytes.toString())).toMatchObject({ schemaVersion: 2 })
    const tags: string[] = []
    for await (const page of source.tags()) tags.push(...page)
    expect(tags).toEqual(['1'])
    await source.close()
    await expect(source.manifest('1')).rejects.toThrow(/closed/)
  })

  it('rejects an invalid name', () => {
    expect(() => registrySource('Not A Name')).toThrow(/Not A Name/)
  })
})
