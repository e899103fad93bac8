import { expect, it } from 'vitest'
import { windlass } from '../../../support/cli/test-terminal.js'
import { version } from '../../../../cli/version.js'
import { decoders } from '../../../../doctor/decoders.js'

it('prints the versions of the program and of what it uses', async () => {
  const { out } = await windlass(['version', '--json'])
  expect(JSON.parse(out)).toEqual({
    version: version(),
    node: process.version,
    platform: `${process.platform}/${process.arch}`,
    libraries: decoders(),
    api: { windlass: 'v1', docker: ['1.24', '1.51'], events: 1 },
  })
  const { out: text } = await windlass(['version'])
  expect(text).toContain(`windlass ${version()}\nNode.js  ${process.version}\n`)
})
