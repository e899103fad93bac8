import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { registriesNamed } from '../../../puller/names/meanings.js'
import { Workbench } from '../../support/workbench.js'

describe('the registries that a name may mean', () => {
  const bench = new Workbench()
  const options = async () => {
    const registriesConf = bench.path()
    await writeFile(registriesConf, 'unqualified-search-registries = ["one.example", "two.example"]\n')
    return { registriesConf }
  }

  it('are those that the file searches, unless the name states one', async () => {
    expect(registriesNamed('app', await options())).toEqual(['one.example', 'two.example'])
    expect(registriesNamed('quay.io/app', await options())).toEqual(['quay.io'])
    expect(registriesNamed('docker.io/app', await options())).toEqual(['docker.io'])
  })

  it('are none for an image on this machine', async () => {
    expect(registriesNamed('oci:/layout:app', await options())).toEqual([])
  })

  it('is Docker Hub without the files', async () => {
    expect(registriesNamed('app', { ...(await options()), shortNames: false })).toEqual(['docker.io'])
    expect(registriesNamed('app', { hosts: false })).toEqual(['docker.io'])
  })
})
