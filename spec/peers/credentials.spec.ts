import type { Credential } from '../../lib/registry/credentials/credential.js'
import { parseDockerConfig } from '../../lib/registry/credentials/docker-config.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { credentials } from '../../testbench/peers/tables/credentials.js'

checkTable(credentials, async ({ file, registry, repository }) => {
  const found = await parseDockerConfig(file, 'config.json').for({ registry, repository })
  return found === undefined ? 'none' : described(found)
})

function described(credential: Credential): string {
  const basic = credential.basic()?.slice('Basic '.length)
  const parts = [
    basic === undefined ? undefined : Buffer.from(basic, 'base64').toString(),
    labelled('identity token', credential.identityToken()),
    labelled('registry token', credential.registryToken()),
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}

const labelled = (label: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : `${label} ${value}`
