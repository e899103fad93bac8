/**
 * Builds a root of Debian testing with the newest peers, once, by mmdebstrap, and keeps it in the temporary directory.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runTool } from '../../testbench/harness/run-tool.js'

const packages = [
  ...['skopeo', 'podman', 'containerd', 'crane', 'oras', 'umoci'],
  ...['docker.io', 'docker-cli', 'docker-compose'],
  ...['ca-certificates', 'iptables', 'crun', 'runc', 'netavark', 'isal', 'curl', 'tar', 'time'],
]

/** Returns the package mirror of this machine. */
async function mirror(): Promise<string> {
  const targets = ['indextargets', '--format', '$(ORIGIN) $(COMPONENT) $(SITE)', 'Created-By: Packages']
  const listed = (await runTool('apt-get', targets)).toString()
  const [, site] = /^Debian main (\S+)$/m.exec(listed) ?? []
  if (site === undefined)
    throw new Error('apt has no mirror of Debian configured, so the peers cannot be installed')
  return site
}

/**
 * Returns the directory of the root.
 * @throws Error when it cannot be built: not root, no mmdebstrap, or no mirror
 */
export async function peersRoot(suite = 'testing'): Promise<string> {
  const ready = join(tmpdir(), `windlass-peers-${suite}`)
  if (existsSync(ready)) return ready
  const staging = await mkdtemp(join(tmpdir(), 'windlass-peers-new-'))
  const root = join(staging, 'root')
  try {
    const site = await mirror()
    // Only the expiry date is ignored, because a mirror may be an old snapshot. Signatures are verified.
    const lenient = '--aptopt=Acquire::Check-Valid-Until "false"'
    const include = `--include=${packages.join(',')}`
    await runTool('mmdebstrap', ['--variant=minbase', lenient, include, suite, root, site])
    await rename(root, ready)
    return ready
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
