/** The hosts that dockerd asks, by the same `daemon.json` as ours. */
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseReference } from '../../../lib/image/reference/parse-reference.js'
import { hostConfiguration } from '../../../lib/registry/hosts/configuration/host-configuration.js'
import { type Dockerd, startDockerd } from '../../../testbench/docker/dockerd.js'
import { describeReal } from '../../../testbench/harness/components.js'
import { runTool } from '../../../testbench/harness/run-tool.js'
import { workspace } from '../../../testbench/harness/workspace.js'
import { manifestUrls, type RecordingHosts, startRecordingHosts } from '../../support/recording-hosts.js'

describeReal('dockerd, with the same daemon.json', () => {
  let hosts: RecordingHosts
  let dockerd: Dockerd | string = 'not started'
  let daemonJson = ''
  beforeAll(async () => {
    hosts = await startRecordingHosts()
    const [first, second] = hosts.names
    daemonJson = JSON.stringify({ 'registry-mirrors': [`http://${first}`, `http://${second}/`] })
    dockerd = await startDockerd(daemonJson)
  }, 60_000)
  afterAll(async () => {
    if (typeof dockerd !== 'string') await dockerd.stop()
    await hosts.close()
  })

  it.each(['alpine:3', `team/app@sha256:${'a'.repeat(64)}`, 'HOST/team/app:1'])(
    'asks the hosts that are read for %s',
    async (name) => {
      expect(dockerd).toMatchObject({ socket: expect.any(String) as string })
      if (typeof dockerd === 'string') return
      const { path } = await workspace()
      writeFileSync(path('daemon.json'), daemonJson)
      const image = name.replace('HOST', hosts.names[2])
      const args = ['--host', `unix://${dockerd.socket}`, 'pull', '--quiet', image]
      await runTool('docker', args).catch(() => undefined)
      const configuration = hostConfiguration({
        ...{ env: {}, home: path('home'), daemonJson: path('daemon.json') },
      })
      const reference = parseReference(image)
      const target = reference.digest ?? reference.tag ?? ''
      const read = manifestUrls(await configuration.hostsOf(reference), reference, target)
      // Docker Hub itself does not record.
      expect(hosts.take()).toEqual(read.filter((url) => url.startsWith('127.')))
    },
    60_000,
  )
})
